"""A workspace from Python: the verbs of the command line, on files and on frames."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import pathlib
import tempfile
from typing import Any, Dict, Iterator, Mapping, Optional, Union

from . import _arrow, _frames, _library
from ._frames import Frame
from ._listen import Progress, listening

Path = Union[str, "os.PathLike[str]"]
Report = Dict[str, Any]


def _text(value: object) -> str:
    """A setting as the library takes it: True is true, a list is joined by commas."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(_text(v) for v in value)
    return str(value)


def _texts(settings: Mapping[str, object]) -> Dict[str, str]:
    return {key: _text(value) for key, value in settings.items() if value is not None}


class Forecast:
    """The forecasts of a run.

    Columns: item, channel, ds (start of the period), mean, a column a quantile (q10 is the level 0.1,
    units a period), note (which model made it, and why a fallback); a row a series and period, sorted.
    """

    def __init__(self, report: Report, held: Union[Frame, pathlib.Path, None]) -> None:
        self.report = report
        self._held = held  # a frame, a file not read yet, or nothing where no frames are to be had

    def to_pandas(self) -> Frame:
        return self.to("pandas")

    def to_polars(self) -> Frame:
        return self.to("polars")

    def to_arrow(self) -> Frame:
        return self.to("pyarrow")

    def to(self, kind: str) -> Frame:
        """A frame of 'pandas', 'polars' or 'pyarrow'."""
        return _frames.convert(self._frame(), kind)

    def _frame(self) -> Frame:
        if self._held is None:
            raise ImportError("frames need one of pandas, polars or pyarrow: pip install pyarrow")
        if isinstance(self._held, pathlib.Path):
            self._held = _frames.read(self._held)
        return self._held

    def __arrow_c_stream__(self, requested_schema: Optional[object] = None) -> Any:
        """For anything that reads Arrow: duckdb, narwhals, another frame."""
        held = self.to("pyarrow") if _frames.kind_of(self._frame()) == "pandas" else self._frame()
        return held.__arrow_c_stream__(requested_schema)


class Shop:
    """A workspace: a folder with shop.duckdb, models/ and skua.yaml.

    >>> shop = Shop.create("myshop", country="US")
    >>> shop.ingest("sales.csv")                          # a file, a glob, or a frame
    >>> shop.train(horizon=28, time="5m")
    >>> shop.forecast().to_pandas()

    Every verb returns its report, the same JSON document that `skua VERB --json` prints. Settings (the
    keys of docs/config.md) are keywords: of the constructor for all calls, of a verb for that one.
    `progress`: True for a bar on standard error, a function (stage, done, total), or None: a bar on a
    terminal or in a notebook only. Ctrl-C stops a verb and leaves the workspace as it was. Threads may share a Shop:
    each call opens the workspace for itself, and calls that write wait for one another.
    """

    def __init__(self, folder: Path, *, progress: Progress = None, **settings: object) -> None:
        self.folder = pathlib.Path(folder)
        self.progress = progress
        self._settings = _texts(settings)
        with self._opened({}):
            pass  # a missing workspace or an unknown setting is told here

    @classmethod
    def create(cls, folder: Path, *, progress: Progress = None, **settings: object) -> "Shop":
        """Make a workspace. settings: name, frequency, time_zone, currency, country, channel."""
        library = _library.library()
        _library.call(library.skua_shop_init, os.fsencode(folder), _library.setting_list(_texts(settings)))
        return cls(folder, progress=progress)

    def __repr__(self) -> str:
        return f"Shop({str(self.folder)!r})"

    # -- Verbs -------------------------------------------------------------------------------------

    def ingest(self, source: Union[Path, Frame], table: str = "auto", **settings: object) -> Report:
        """Read a file, a glob or a frame into the shop, in one transaction.

        `table`: orders, sales, items, promotions, supply, events, calendar, future, ...; 'auto' infers it
        from the columns. `map='item=StockCode,ds=InvoiceDate'` (or a dict) names columns.
        """
        mapping = settings.pop("map", None)
        if isinstance(mapping, Mapping):
            mapping = ",".join(f"{role}={column}" for role, column in mapping.items())
        settings = dict(settings, table=table, map=mapping)
        if isinstance(source, (str, os.PathLike)):
            return self._verb("ingest", settings, os.fspath(source))
        _frames.check(source, table if table != "auto" else "frame")
        return self._ingest_frame(source, table if table != "auto" else "frame", settings)

    def _ingest_frame(self, frame: Frame, what: str, settings: Mapping[str, object]) -> Report:
        capsule = _frames.stream_of(frame, what)
        if capsule is not None:
            return self._verb("ingest_arrow", settings, _arrow.pointer_of(capsule))
        with tempfile.TemporaryDirectory(prefix="skua-") as folder:
            return self._verb("ingest", settings, str(_frames.write(frame, pathlib.Path(folder), what)))

    def check(self, **settings: object) -> Report:
        """Find what is odd; the findings stand in the report and in the table of that name."""
        return self._verb("check", settings)

    def train(self, **settings: object) -> Report:
        """Backtest models, choose weights and calibration, keep the model (horizon, preset, time, ...)."""
        return self._verb("train", settings)

    def backtest(self, **settings: object) -> Report:
        """Rolling origins: every model beside the free baselines."""
        return self._verb("backtest", settings)

    def show(self, **settings: object) -> Report:
        """What the shop holds."""
        return self._verb("show", settings)

    def forecast(self, output: Optional[Path] = None, **settings: object) -> Forecast:
        """Forecast every series; also into `output` (CSV or Parquet) when it is given."""
        if output is not None:
            path = pathlib.Path(output)
            return Forecast(self._verb("forecast", settings, os.fspath(path)), path)
        if _frames.have_arrow() or _frames.have_polars():
            stream = _arrow.Stream()
            return Forecast(self._verb("forecast_arrow", settings, stream.address), _frames.hold(stream))
        if not _frames.have_pandas():
            return Forecast(self._verb("forecast", settings, None), None)
        with tempfile.TemporaryDirectory(prefix="skua-") as folder:
            path = pathlib.Path(folder) / "forecast.csv"
            return Forecast(self._verb("forecast", settings, str(path)), _frames.read(path))

    def report(self, output: Path, **settings: object) -> Report:
        """Write a page (one HTML file) with history, forecasts, scores and findings."""
        return self._verb("report", settings, os.fspath(output))

    def settings(self) -> Report:
        """The settings as they stand, with where each came from."""
        with self._opened({}) as handle:
            out = ctypes.c_void_p()
            _library.call(_library.library().skua_shop_settings, handle, ctypes.byref(out))
            document: Report = json.loads(_library.take_text(out))
            return document

    # -- How ---------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _opened(self, settings: Mapping[str, object]) -> Iterator[ctypes.c_void_p]:
        library = _library.library()
        handle = ctypes.c_void_p()
        _library.call(library.skua_shop_open, os.fsencode(self.folder), ctypes.byref(handle))
        try:
            for key, value in {**self._settings, **_texts(settings)}.items():
                _library.call(library.skua_shop_set, handle, key.encode(), value.encode("utf-8"))
            yield handle
        finally:
            library.skua_shop_close(handle)

    def _verb(self, verb: str, settings: Mapping[str, object], *given: Union[str, int, None]) -> Report:
        function = getattr(_library.library(), f"skua_shop_{verb}")
        with self._opened(settings) as handle, listening(self.progress) as callbacks:
            _library.library().skua_shop_listen(handle, ctypes.byref(callbacks))
            out = ctypes.c_void_p()
            arguments = [os.fsencode(g) if isinstance(g, str) else ctypes.c_void_p(g) if isinstance(g, int) else None for g in given]
            _library.call(function, handle, *arguments, ctypes.byref(out))
            report: Report = json.loads(_library.take_text(out))
        return report


def simulate(folder: Path, *, progress: Progress = None, **settings: object) -> Report:
    """Write the files of a simulated shop with known truth (items, days, channels, law, seed, ...)."""
    library = _library.library()
    with listening(progress) as callbacks:
        out = ctypes.c_void_p()
        _library.call(
            library.skua_simulate,
            os.fsencode(folder),
            _library.setting_list(_texts(settings)),
            ctypes.byref(callbacks),
            ctypes.byref(out),
        )
        report: Report = json.loads(_library.take_text(out))
    return report
