"""Progress, log and Ctrl-C while a call into the library runs."""

from __future__ import annotations

import contextlib
import logging
import signal
import socket
import sys
import threading
import time
from typing import Callable, Iterator, Optional, Union

from . import _library

Progress = Union[bool, None, Callable[[str, float, float], None]]
log = logging.getLogger("skua")
_LEVELS = {0: logging.DEBUG, 1: logging.INFO, 2: logging.WARNING}


def _watched() -> bool:
    """Whether somebody looks on: a terminal, or a notebook's cell."""
    return sys.stderr.isatty() or "ipykernel" in sys.modules


def _bar(stage: str, done: float, total: float) -> None:
    share = done / total if total > 0 else 0.0
    width = 24
    full = int(share * width)
    sys.stderr.write(f"\r{stage[:28]:28s} {'█' * full}{'·' * (width - full)} {share:4.0%}")
    if share >= 1:
        sys.stderr.write("\n")
    sys.stderr.flush()


class _Bar:
    """Draws at most ten times a second, and only what takes longer than one."""

    def __init__(self) -> None:
        self.start = self.last = time.monotonic()
        self.shown = False

    def __call__(self, stage: str, done: float, total: float) -> None:
        now = time.monotonic()
        ended = done >= total
        if now - self.start < 1 or (now - self.last < 0.1 and not (ended and self.shown)):
            return
        self.last, self.shown = now, not ended
        _bar(stage, done, total)


class _Interrupt:
    """Ctrl-C during a call. Python runs signal handlers between its own instructions of the main
    thread, and there are none while the library works; the C half of its handler, however, writes
    to the wake-up socket at once, from which the library's workers read."""

    def __init__(self) -> None:
        self.pressed = False
        self._reader: Optional[socket.socket] = None

    @contextlib.contextmanager
    def watch(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        reader, writer = socket.socketpair()
        reader.setblocking(False)
        writer.setblocking(False)
        before = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        handler = signal.signal(signal.SIGINT, lambda *_: None)
        self._reader = reader
        try:
            yield
        finally:
            self.asked()
            signal.signal(signal.SIGINT, handler if handler is not None else signal.SIG_DFL)
            signal.set_wakeup_fd(before)
            self._reader = None
            reader.close()
            writer.close()

    def asked(self) -> bool:
        if self._reader is not None and not self.pressed:
            try:
                self.pressed = signal.SIGINT in self._reader.recv(64)
            except OSError:  # nothing was written, or another worker read it
                pass
        return self.pressed


@contextlib.contextmanager
def listening(progress: Progress) -> Iterator[_library.Callbacks]:
    """Callbacks for one call: progress to a function (True: a bar on a terminal), the library's log
    to the logger `skua`, Ctrl-C to the library's question whether to stop."""
    if progress is True or (progress is None and _watched()):
        show: Optional[Callable[[str, float, float], None]] = _Bar()
    else:
        show = progress if callable(progress) else None
    interrupt = _Interrupt()
    failure: list[BaseException] = []

    def on_progress(_: object, stage: bytes, done: float, total: float) -> None:
        if show is not None and not failure:
            try:
                show(stage.decode("utf-8", "replace"), done, total)
            except BaseException as error:  # it cannot pass through C: kept, and raised behind the call
                failure.append(error)

    def on_log(_: object, level: int, message: bytes) -> None:
        log.log(_LEVELS.get(level, logging.INFO), message.decode("utf-8", "replace"))

    def on_cancel(_: object) -> bool:
        return bool(failure) or interrupt.asked()

    callbacks = _library.Callbacks(
        _library._ProgressFunction(on_progress),
        _library._LogFunction(on_log),
        _library._CancelFunction(on_cancel),
        None,
    )
    try:
        with interrupt.watch():
            yield callbacks
    except KeyboardInterrupt:
        if failure:
            raise failure[0]
        raise
    if failure:
        raise failure[0]
    if interrupt.pressed:
        raise KeyboardInterrupt("stopped")
