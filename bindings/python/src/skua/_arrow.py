"""Frames over Arrow's C stream interface: pointers to memory that another library holds, no copies of ours.

https://arrow.apache.org/docs/format/CDataInterface/PyCapsuleInterface.html
"""

from __future__ import annotations

import ctypes
from typing import Any, Optional

from ._library import ArrowStream

_NAME = b"arrow_array_stream"
_get_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_get_pointer.restype, _get_pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
_new_capsule = ctypes.pythonapi.PyCapsule_New
_new_capsule.restype, _new_capsule.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
_Release = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


def pointer_of(capsule: object) -> int:
    """The address of the stream in a capsule that `__arrow_c_stream__` gave; the capsule must live on."""
    return int(_get_pointer(capsule, _NAME) or 0)


class Stream:
    """A stream that the library filled, for whoever takes `__arrow_c_stream__`, once."""

    def __init__(self) -> None:
        self.raw = ArrowStream()

    @property
    def address(self) -> int:
        return ctypes.addressof(self.raw)

    def __arrow_c_stream__(self, requested_schema: Optional[object] = None) -> Any:
        return _new_capsule(self.address, _NAME, None)

    def __del__(self) -> None:
        if self.raw.release:  # nobody has read it
            _Release(self.raw.release)(self.address)
