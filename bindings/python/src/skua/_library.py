"""The C library: found, opened once a process, its functions typed. Nothing here knows a frame."""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
import os
import pathlib
from typing import Callable, Dict, List, Optional, Type

MESSAGE_SIZE = 512

_ProgressFunction = ctypes.CFUNCTYPE(
    None, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_double, ctypes.c_double
)
_LogFunction = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p)
_CancelFunction = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p)


class Error(ctypes.Structure):
    """skua_error"""

    _fields_ = [("code", ctypes.c_int), ("message", ctypes.c_char * MESSAGE_SIZE)]


class Callbacks(ctypes.Structure):
    """skua_callbacks"""

    _fields_ = [
        ("progress", _ProgressFunction),
        ("log", _LogFunction),
        ("cancel", _CancelFunction),
        ("user", ctypes.c_void_p),
    ]


class ArrowStream(ctypes.Structure):
    """struct ArrowArrayStream, of which the library fills or reads the functions; see _arrow.py."""

    _fields_ = [
        ("get_schema", ctypes.c_void_p),
        ("get_next", ctypes.c_void_p),
        ("get_last_error", ctypes.c_void_p),
        ("release", ctypes.c_void_p),
        ("private_data", ctypes.c_void_p),
    ]


class SkuaError(Exception):
    """What the library refused or could not do; `status` is its number (see skua.h)."""

    status: int

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class ArgumentError(SkuaError, ValueError):
    """A setting or an argument that cannot be (statuses 10 to 19)."""


class DataError(SkuaError, ValueError):
    """Data that cannot be read or used (20 to 29)."""


class StorageError(SkuaError, OSError):
    """Files and the database (30 to 39): missing, in use, of another version, not writable."""


class ResourceError(SkuaError, RuntimeError):
    """Memory, a limit, or time ran out (40 to 49)."""


class ForeignError(SkuaError, RuntimeError):
    """A library that skua calls failed (50 to 59)."""


class NumericalError(SkuaError, ArithmeticError):
    """A computation without a result (60 to 69)."""


class InternalError(SkuaError, RuntimeError):
    """A fault of skua itself (90)."""


_FAMILIES: Dict[int, Type[SkuaError]] = {
    1: ArgumentError,
    2: DataError,
    3: StorageError,
    4: ResourceError,
    5: ForeignError,
    6: NumericalError,
}
_CANCELLED = 13


def raise_error(error: Error) -> None:
    """Raise what the library said."""
    message = error.message.decode("utf-8", "replace")
    if error.code == _CANCELLED:
        raise KeyboardInterrupt(message)
    raise _FAMILIES.get(error.code // 10, InternalError)(message, error.code)


def _candidates() -> List[str]:
    named = os.environ.get("SKUA_LIBRARY")
    if named:
        return [named]
    beside = pathlib.Path(__file__).parent / "lib" / "libskua.so"
    found = ctypes.util.find_library("skua")
    return [str(beside), "libskua.so.0"] + ([found] if found else [])


# Verbs that take the shop and fill a report, and those that take a text between the two.
PLAIN_VERBS = ("check", "train", "backtest", "show")
TEXT_VERBS = ("ingest", "forecast", "report")
ARROW_VERBS = ("ingest_arrow", "forecast_arrow")  # likewise with an ArrowStream


def _declare(library: ctypes.CDLL) -> ctypes.CDLL:
    shop, text, error = ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(Error)
    out = ctypes.POINTER(ctypes.c_void_p)
    texts = ctypes.POINTER(ctypes.c_char_p)

    def declare(name: str, *arguments: object, result: object = ctypes.c_int) -> None:
        function = getattr(library, name)
        function.argtypes = list(arguments)
        function.restype = result

    declare("skua_version", result=ctypes.c_char_p)
    declare("skua_text_free", ctypes.c_void_p, result=None)
    declare("skua_shop_init", text, texts, error)
    declare("skua_shop_open", text, out, error)
    declare("skua_shop_close", shop, result=None)
    declare("skua_shop_set", shop, text, text, error)
    declare("skua_shop_listen", shop, ctypes.POINTER(Callbacks), result=None)
    declare("skua_shop_settings", shop, out, error)
    declare("skua_simulate", text, texts, ctypes.POINTER(Callbacks), out, error)
    for verb in PLAIN_VERBS:
        declare(f"skua_shop_{verb}", shop, out, error)
    for verb in TEXT_VERBS:
        declare(f"skua_shop_{verb}", shop, text, out, error)
    for verb in ARROW_VERBS:
        declare(f"skua_shop_{verb}", shop, ctypes.c_void_p, out, error)
    return library


@functools.lru_cache(maxsize=None)
def _open(process: int) -> ctypes.CDLL:
    tried = []
    for path in _candidates():
        try:
            return _declare(ctypes.CDLL(path))
        except OSError as error:
            tried.append(f"{path}: {error}")
    raise StorageError(
        "libskua.so was not found: install the wheel, run `make install`, or set SKUA_LIBRARY to the file ("
        + "; ".join(tried)
        + ")",
        31,
    )


_first_process: Optional[int] = None


def library() -> ctypes.CDLL:
    """The library, opened on first use. A forked child of a process that used it is refused: the
    threads of OpenMP do not survive a fork, and the child would wait for them for ever."""
    global _first_process
    process = os.getpid()
    if _first_process is None:
        _first_process = process
    elif process != _first_process:
        raise InternalError(
            "skua was used before this process was forked, and its threads did not come along: "
            "start workers with multiprocessing's spawn method, or use skua in the child alone",
            90,
        )
    return _open(process)


def call(function: Callable[..., int], *arguments: object) -> None:
    """Call a fallible function: its error argument is added, a failure is raised."""
    error = Error()
    if function(*arguments, ctypes.byref(error)) != 0:
        raise_error(error)


def take_text(pointer: ctypes.c_void_p) -> str:
    """A text that the library returned, copied; the library's is given back."""
    raw = ctypes.cast(pointer, ctypes.c_char_p).value or b""
    library().skua_text_free(pointer)
    return raw.decode("utf-8")


def setting_list(settings: Dict[str, str]) -> object:
    """key, value, key, value, ..., NULL."""
    flat = [part.encode("utf-8") for pair in settings.items() for part in pair]
    return (ctypes.c_char_p * (len(flat) + 1))(*flat, None)
