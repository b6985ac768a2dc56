"""Frames of pandas, polars and pyarrow, to files that the library reads and back.

A frame goes through one Parquet file (CSV where pandas stands without pyarrow): the library ingests
files in one way, and its reader is the slower part by far.
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


def select(frame: Frame, columns: Sequence[str]) -> Frame:
    kind = kind_of(frame)
    return frame.select(list(columns)) if kind in ("polars", "pyarrow") else frame[list(columns)]


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


def write(frame: Frame, folder: pathlib.Path, name: str) -> pathlib.Path:
    """The frame as a file in `folder`; its index is not written."""
    kind = kind_of(frame)
    if kind == "polars":
        path = folder / f"{name}.parquet"
        frame.write_parquet(path)
    elif kind == "pyarrow" or have_arrow():
        import pyarrow
        import pyarrow.parquet

        path = folder / f"{name}.parquet"
        try:
            table = frame if kind == "pyarrow" else pyarrow.Table.from_pandas(frame, preserve_index=False)
        except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError) as error:
            raise DataError(f"{name}: {error.args[0]}", _EDATA) from error
        pyarrow.parquet.write_table(table, path, compression="none")
    else:
        path = folder / f"{name}.csv"
        frame.to_csv(path, index=False)
    return path


def read(path: pathlib.Path, kind: str) -> Frame:
    """A file that the library wrote, as a frame of `kind`."""
    parquet = path.suffix == ".parquet"
    if kind == "polars":
        import polars

        return polars.read_parquet(path) if parquet else polars.read_csv(path, try_parse_dates=True)
    if kind == "pyarrow":
        import pyarrow.parquet

        return pyarrow.parquet.read_table(path)
    import pandas

    frame = pandas.read_parquet(path) if parquet else pandas.read_csv(path)
    if "ds" in frame.columns:
        frame["ds"] = pandas.to_datetime(frame["ds"])
    return frame


def rename(frame: Frame, names: "dict[str, str]") -> Frame:
    kind = kind_of(frame)
    if kind == "pyarrow":
        return frame.rename_columns([names.get(n, n) for n in frame.column_names])
    return frame.rename(names) if kind == "polars" else frame.rename(columns=names)
