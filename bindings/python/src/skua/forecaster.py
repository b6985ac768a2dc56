"""A forecaster with scikit-learn's manners, on frames."""

from __future__ import annotations

import inspect
import pathlib
import tempfile
from typing import Any, Dict, List, Optional, Sequence

from . import _frames
from ._frames import Frame
from ._library import DataError
from ._listen import Progress
from .shop import Report, Shop

_ITEM_NAMES = ("unique_id", "item_id", "item", "sku", "series", "id")
_TIME_NAMES = ("ds", "timestamp", "date", "time")
_TARGET_NAMES = ("y", "target", "sales", "units", "demand")
_EDATA = 20


def _find(columns: Sequence[str], given: Optional[str], known: Sequence[str], what: str) -> str:
    if given is not None:
        if given not in columns:
            raise DataError(f"no column '{given}' ({what}); there are {', '.join(columns)}", _EDATA)
        return given
    lower = {c.lower(): c for c in columns}
    for name in known:
        if name in lower:
            return lower[name]
    raise DataError(f"which column is the {what}? There are {', '.join(columns)}; say it by name", _EDATA)


class Forecaster:
    """Forecast the series of a frame.

    >>> model = Forecaster(horizon=28, freq="day").fit(sales)          # unique_id, ds, y
    >>> model.predict()                                                # unique_id, ds, mean, q10 ... q90, note

    Parameters
    ----------
    horizon : periods to forecast; None: 48 hours, 28 days, 13 weeks, 12 months, 8 quarters, 4 years.
    freq : 'hour', 'day', 'week', 'month', ...; None: found from the times.
    levels : quantile levels in (0, 1), increasing.
    preset : 'fast', 'medium' or 'best': how much is tried. `time` bounds it ('90s', '10m').
    models : names to try instead of the preset's.
    season, country, seed, threads : as in docs/config.md.
    train : False: forecast by the fast combination at once, nothing is chosen or calibrated.
    id_column, time_column, target_column : None: found by the names that forecasting tools use.

    The frame has a row a series and period: identifier, start of the period, units (missing allowed), and
    any further columns, which become covariates. Frames of pandas, polars and pyarrow come back as what
    they were.

    Attributes after fit: `report_` (the training report, the same document that `skua train --json`
    prints), `leaderboard_` (its models, best first), `n_series_`.
    """

    def __init__(
        self,
        horizon: Optional[int] = None,
        freq: Optional[str] = None,
        levels: Sequence[float] = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9),
        preset: str = "medium",
        models: Optional[Sequence[str]] = None,
        time: Optional[str] = None,
        season: Optional[int] = None,
        country: Optional[str] = None,
        seed: int = 1,
        threads: int = 0,
        train: bool = True,
        id_column: Optional[str] = None,
        time_column: Optional[str] = None,
        target_column: Optional[str] = None,
        progress: Progress = False,
    ) -> None:
        self.horizon = horizon
        self.freq = freq
        self.levels = levels
        self.preset = preset
        self.models = models
        self.time = time
        self.season = season
        self.country = country
        self.seed = seed
        self.threads = threads
        self.train = train
        self.id_column = id_column
        self.time_column = time_column
        self.target_column = target_column
        self.progress = progress

    # -- scikit-learn's manners ----------------------------------------------------------------------

    @classmethod
    def _names(cls) -> List[str]:
        return [n for n in inspect.signature(cls.__init__).parameters if n != "self"]

    def get_params(self, deep: bool = True) -> Dict[str, Any]:
        """The parameters of the constructor; `deep` is there for scikit-learn's clone."""
        return {name: getattr(self, name) for name in self._names()}

    def set_params(self, **parameters: Any) -> "Forecaster":
        for name, value in parameters.items():
            if name not in self._names():
                raise ValueError(f"Forecaster has no parameter '{name}'; it has {', '.join(self._names())}")
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        defaults = inspect.signature(type(self).__init__).parameters
        said = [f"{n}={getattr(self, n)!r}" for n in self._names() if getattr(self, n) != defaults[n].default]
        return f"Forecaster({', '.join(said)})"

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_shop")

    # -- Fit and predict -------------------------------------------------------------------------------

    def fit(self, frame: Frame, y: object = None) -> "Forecaster":
        """Read the frame and, unless train=False, choose models on windows of its past. `y` is ignored."""
        _frames.check(frame, "fit")
        columns = _frames.columns_of(frame)
        names = {
            "item": _find(columns, self.id_column, _ITEM_NAMES, "identifier of a series"),
            "ds": _find(columns, self.time_column, _TIME_NAMES, "time"),
            "units": _find(columns, self.target_column, _TARGET_NAMES, "target"),
        }
        folder = tempfile.TemporaryDirectory(prefix="skua-")
        shop = Shop.create(pathlib.Path(folder.name) / "shop", progress=self.progress)
        mapping = ",".join(f"{role}={column}" for role, column in names.items())
        made = shop.ingest(frame, "sales", map=mapping, **self._told("freq"))
        self._refuse(made, names)
        self.report_: Report = {}
        if self.train:
            self.report_ = shop.train(**self._told("freq", "horizon", "training"))
        self.leaderboard_ = self.report_.get("leaderboard", [])
        self.n_series_ = int(shop.show()["panel"]["series"])
        self._like = _frames.head(frame, names["ds"])
        self._columns = names
        self._folder, self._shop = folder, shop
        return self

    def predict(self, horizon: Optional[int] = None) -> Frame:
        """The forecasts: a row a series and period, in a frame of the kind that was fitted."""
        if not hasattr(self, "_shop"):
            raise DataError("this Forecaster was not fitted: call fit(frame) first", _EDATA)
        settings = self._told("freq", "horizon")
        if horizon is not None:
            settings["horizon"] = horizon
        if not self.train:
            settings["preset"] = "fast"
        made = self._shop.forecast(**settings).to(_frames.kind_of(self._like))
        made = _frames.days_as(made, "ds", self._like, self._columns["ds"])
        kept = [c for c in _frames.columns_of(made) if c != "channel"]
        return _frames.rename(
            _frames.select(made, kept), {"item": self._columns["item"], "ds": self._columns["ds"]}
        )

    # -- How ---------------------------------------------------------------------------------------------

    def _told(self, *groups: str) -> Dict[str, Any]:
        all_settings: Dict[str, Dict[str, Any]] = {
            "freq": {"frequency": self.freq, "seed": self.seed, "threads": self.threads},
            "horizon": {
                "horizon": self.horizon,
                "levels": list(self.levels),
                "season": self.season,
                "country": self.country,
            },
            "training": {"preset": self.preset, "models": self.models, "time": self.time},
        }
        told = {key: value for group in groups for key, value in all_settings[group].items()}
        return {key: value for key, value in told.items() if value is not None}

    @staticmethod
    def _refuse(made: Report, names: Dict[str, str]) -> None:
        """A frame is one statement: what a file may hold twice, or illegibly, a frame may not."""
        if made.get("duplicates"):
            raise DataError(
                f"{made['duplicates']} rows repeat a series and period ({names['item']}, {names['ds']}): add them "
                "up or drop them first",
                _EDATA,
            )
        if made.get("rejected"):
            first = (made.get("rejects") or [{}])[0]
            raise DataError(f"{made['rejected']} rows cannot be read; the first: {first.get('why')}", _EDATA)
