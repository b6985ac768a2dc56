"""Frames of pandas, polars and pyarrow, to the library and back.

Where pyarrow or polars is there a frame's memory goes over by Arrow's C stream interface; pandas without
pyarrow goes through a CSV.
"""

from __future__ import annotations

import pathlib
import sys
from typing import Any, List, Sequence

from ._library import DataError

Frame = Any
_EDATA = 20


def kind_of(frame: object) -> str:
    """'pandas', 'polars' or 'pyarrow'; '' for what is no frame. Imports none of them."""
    for name, type_name in (("pandas", "DataFrame"), ("polars", "DataFrame"), ("pyarrow", "Table")):
        module = sys.modules.get(name)
        if module is not None and isinstance(frame, getattr(module, type_name, ())):
            return name
    return ""


def columns_of(frame: Frame) -> List[str]:
    return list(frame.column_names) if kind_of(frame) == "pyarrow" else [str(c) for c in frame.columns]


def length_of(frame: Frame) -> int:
    return int(frame.num_rows) if kind_of(frame) == "pyarrow" else len(frame)


def have_arrow() -> bool:
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError:
        return False
    return True


def have_polars() -> bool:
    try:
        import polars  # noqa: F401
    except ImportError:
        return False
    return True


def have_pandas() -> bool:
    try:
        import pandas  # noqa: F401
    except ImportError:
        return False
    return True


def select(frame: Frame, columns: Sequence[str]) -> Frame:
    kind = kind_of(frame)
    return frame.select(list(columns)) if kind in ("polars", "pyarrow") else frame[list(columns)]


def head(frame: Frame, column: str) -> Frame:
    """A frame of the same kind with one column and no rows: what it was like."""
    frame = select(frame, [column])
    return frame.slice(0, 0) if kind_of(frame) != "pandas" else frame.iloc[:0]


def check(frame: Frame, what: str) -> None:
    """What can be said of a frame before it is written."""
    if not kind_of(frame):
        raise DataError(
            f"{what}: a {type(frame).__module__}.{type(frame).__qualname__} is no frame of pandas, polars or "
            "pyarrow",
            _EDATA,
        )
    if length_of(frame) == 0:
        raise DataError(f"{what}: the frame has no rows", _EDATA)
    names = columns_of(frame)
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise DataError(f"{what}: the column '{twice[0]}' is there twice: rename one", _EDATA)
    if kind_of(frame) == "pandas":
        _check_pandas(frame, what)


def _check_pandas(frame: Frame, what: str) -> None:
    for name in frame.columns:
        column = frame[name]
        if column.dtype != object:
            continue
        kinds = {type(v).__name__ for v in column.head(10000) if v is not None and v == v}
        if kinds <= {"str"}:
            continue
        if kinds <= {"datetime", "Timestamp"}:
            raise DataError(
                f"{what}: the column '{name}' holds times of several time zones: convert it, as "
                f"pd.to_datetime(frame['{name}'], utc=True)",
                _EDATA,
            )
        if not kinds <= {"int", "float", "bool", "date", "Decimal"}:
            raise DataError(
                f"{what}: the column '{name}' mixes {', '.join(sorted(kinds))}: make it text or numbers, as "
                f"frame['{name}'].astype(str)",
                _EDATA,
            )


def stream_of(frame: Frame, what: str) -> Any:
    """A capsule with an Arrow stream of the frame, without its index; None: pandas without pyarrow."""
    kind = kind_of(frame)
    if kind == "pandas":
        if not have_arrow():
            return None
        import pyarrow

        try:
            frame = pyarrow.Table.from_pandas(frame, preserve_index=False)
        except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError) as error:
            raise DataError(f"{what}: {error.args[0]}", _EDATA) from error
    return frame.__arrow_c_stream__()


def write(frame: Frame, folder: pathlib.Path, name: str) -> pathlib.Path:
    """A frame of pandas as a CSV in `folder`; its index is not written."""
    path = folder / f"{name}.csv"
    frame.to_csv(path, index=False)
    return path


def hold(stream: Any) -> Frame:
    """All of an Arrow stream as a frame of pyarrow or, without it, of polars."""
    if have_arrow():
        import pyarrow

        return pyarrow.table(stream)
    import polars

    return polars.DataFrame(stream)


def read(path: pathlib.Path) -> Frame:
    """A file that the library wrote, as a frame of pyarrow, polars or pandas, whichever is there. Its
    times are texts there."""
    parquet = path.suffix == ".parquet"
    if have_arrow():
        import pyarrow
        import pyarrow.csv
        import pyarrow.parquet

        texts = pyarrow.csv.ConvertOptions(column_types={"item": pyarrow.string(), "channel": pyarrow.string()})
        table = pyarrow.parquet.read_table(path) if parquet else pyarrow.csv.read_csv(path, convert_options=texts)
        place = table.column_names.index("ds")
        return table.set_column(place, "ds", table["ds"].cast(pyarrow.timestamp("us")))
    if have_polars():
        import polars

        frame = polars.read_parquet(path) if parquet else polars.read_csv(path, schema_overrides={"item": polars.String, "ds": polars.String})
        return frame.with_columns(polars.col("ds").str.to_datetime(time_unit="us"))
    import pandas

    frame = pandas.read_csv(path, dtype={"item": str, "channel": str})
    frame["ds"] = pandas.to_datetime(frame["ds"])
    return frame


def convert(frame: Frame, kind: str) -> Frame:
    """A frame as one of 'pandas', 'polars' or 'pyarrow'."""
    here = kind_of(frame)
    if here == kind:
        return frame
    if kind == "polars":
        import polars

        return polars.DataFrame(frame)
    if kind == "pyarrow":
        import pyarrow

        return pyarrow.Table.from_pandas(frame, preserve_index=False) if here == "pandas" else pyarrow.table(frame)
    if kind != "pandas":
        raise DataError(f"no frames are called '{kind}': need pandas, polars or pyarrow", _EDATA)
    if here == "pyarrow":
        return frame.to_pandas()
    import pandas

    return pandas.DataFrame(frame.to_dict(as_series=False))


def days_as(frame: Frame, column: str, like: Frame, like_column: str) -> Frame:
    """`column` as days where the other frame holds days and no times."""
    if kind_of(frame) == "polars":
        import polars

        if like.schema[like_column] == polars.Date:
            return frame.with_columns(polars.col(column).cast(polars.Date))
    elif kind_of(frame) == "pyarrow":
        import pyarrow

        if pyarrow.types.is_date32(like.schema.field(like_column).type):
            place = frame.column_names.index(column)
            return frame.set_column(place, column, frame[column].cast(pyarrow.date32()))
    return frame


def rename(frame: Frame, names: "dict[str, str]") -> Frame:
    kind = kind_of(frame)
    if kind == "pyarrow":
        return frame.rename_columns([names.get(n, n) for n in frame.column_names])
    return frame.rename(names) if kind == "polars" else frame.rename(columns=names)
