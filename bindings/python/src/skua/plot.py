"""History and quantiles by matplotlib, when it is there."""

from __future__ import annotations

from typing import Any, Optional, Sequence

from . import _frames
from ._frames import Frame
from ._library import DataError

# Whichever of these a machine has draws Chinese names.
CHINESE_FONTS = ("Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", "WenQuanYi Zen Hei", "SimHei")


def _rows(frame: Frame, column: str, value: object) -> Any:
    if _frames.kind_of(frame) != "pandas":
        frame = frame.to_pandas()
    return frame[frame[column] == value]


def plot(
    history: Optional[Frame],
    forecast: Frame,
    series: Sequence[object] = (),
    *,
    id_column: str = "unique_id",
    time_column: str = "ds",
    target_column: str = "y",
    periods: int = 120,
) -> Any:
    """A panel a series: the last `periods` of its history, the median, the widest and an inner interval.

    `series`: the first four of the forecast when none is named. Returns the matplotlib figure. Colours
    are from Okabe and Ito's palette, which every kind of colour vision tells apart.
    """
    try:
        from matplotlib import font_manager, pyplot, rc_context
    except ImportError as error:
        raise ImportError("plots need matplotlib: pip install matplotlib") from error
    here = set(font_manager.get_font_names())
    fonts = ["DejaVu Sans", *(f for f in CHINESE_FONTS if f in here)]
    with rc_context({"font.family": fonts}):
        return _draw(pyplot, history, forecast, series, (id_column, time_column, target_column), periods)


def _draw(
    pyplot: Any,
    history: Optional[Frame],
    forecast: Frame,
    series: Sequence[object],
    columns: "tuple[str, str, str]",
    periods: int,
) -> Any:
    id_column, time_column, target_column = columns
    table = forecast if _frames.kind_of(forecast) == "pandas" else forecast.to_pandas()
    chosen = list(series) or list(dict.fromkeys(table[id_column]))[:4]
    if not chosen:
        raise DataError("nothing to plot: the forecast has no rows", 20)
    quantiles = sorted(c for c in table.columns if c[:1] == "q" and c[1:].isdigit())  # q05, q10, ..., q975
    figure, axes = pyplot.subplots(len(chosen), 1, figsize=(9, 2.6 * len(chosen)), squeeze=False)
    for name, axis in zip(chosen, axes[:, 0]):
        ahead = table[table[id_column] == name]
        if history is not None:
            past = _rows(history, id_column, name).tail(periods)
            axis.plot(past[time_column], past[target_column], color="#000000", linewidth=1, label="history")
        for low, high, shade in _bands(quantiles):
            axis.fill_between(ahead[time_column], ahead[low], ahead[high], color="#0072B2", alpha=shade, linewidth=0)
        middle = "q50" if "q50" in quantiles else "mean"
        axis.plot(ahead[time_column], ahead[middle], color="#0072B2", linewidth=1.6, label="forecast")
        axis.set_title(str(name), loc="left", fontsize=10)
        axis.spines[["top", "right"]].set_visible(False)
        axis.set_ylim(bottom=min(0, axis.get_ylim()[0]))
    axes[0, 0].legend(frameon=False, fontsize=8)
    figure.tight_layout()
    return figure


def _bands(quantiles: Sequence[str]) -> "list[tuple[str, str, float]]":
    """The widest pair, and a pair in the middle."""
    pairs = list(zip(quantiles, reversed(quantiles)))[: len(quantiles) // 2]
    if not pairs:
        return []
    inner = pairs[len(pairs) // 2]
    return [(*pairs[0], 0.18)] + ([(*inner, 0.28)] if inner != pairs[0] else [])
