"""What a command says and writes: words that get out whatever the terminal, files whole or not at all."""

import errno
import io
import os
import secrets
import shutil
import stat
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from autoencode_core.errors import InputError
from autoencode_core.store.plain_json import write

STANDARD_OUTPUT = "-"
"""What stands for standard output where a file is asked for."""

_NOBODY_LISTENS = (errno.EPIPE, errno.EIO, errno.ESHUTDOWN, errno.EBADF)


def prepare() -> None:
    """Have both streams write what their encoding lacks as an escape of its number, never raising."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def is_utf8() -> bool:
    """Whether standard output takes every character."""
    return (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "") == "utf8"


def say(text: str) -> None:
    """Print a line at once.

    Where nobody listens any more (a closed pipe, a terminal that is gone) it is lost in silence; where
    standard output fails otherwise (a full disk), all goes to standard error from there on, see `failed`.
    """
    try:
        print(text, flush=True)
    except OSError as error:
        if error.errno in _NOBODY_LISTENS:
            _silence()
        elif not failed():
            complain(f"standard output: {error.strerror}")
            sys.stdout = sys.stderr
            say(text)


def failed() -> bool:
    """Whether standard output could not take what was said."""
    return sys.stdout is not None and sys.stdout is sys.stderr


def complain(message: str) -> None:
    """Print an error on standard error, if that can be written."""
    with suppress(OSError):
        print(f"error: {message}", file=sys.stderr, flush=True)


def finish() -> None:
    """Send off what was printed by others, such as a help text; a closed pipe is silent."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        _silence()


def _silence() -> None:
    """From here on standard output goes nowhere: Python would complain at its end otherwise."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    with suppress(OSError, ValueError):  # a stream that is no file, as in tests
        os.dup2(nowhere, sys.stdout.fileno())
    sys.stdout = open(nowhere, "w", encoding="utf-8")  # noqa: SIM115


# ---- files


def check_target(path: Path, ending: str = "") -> None:
    """Refuse a file that could not be written, before anything is done that would be lost otherwise.

    Args:
        path: the file, new or a regular one that may be replaced.
        ending: what its name must end in, with the dot.

    Raises:
        InputError: it ends otherwise, its folder is not there or cannot be written, or it is read-only, a
            link, a pipe, a device or a folder.
    """
    shown = str(path) if path.name else ""
    if ending and path.suffix.lower() != ending:
        raise InputError(ending[1:], shown, f"a file whose name ends in {ending}")
    if not path.name or not path.parent.is_dir():
        raise InputError("file", shown, "a file in a folder that is there")
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        mode = None
    except (OSError, ValueError) as error:
        raise InputError("file", shown, f"a file that can be written ({_reason(error)})") from None
    if mode is not None and not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "this")
        raise InputError("file", shown, f"a new file or a regular one, not {kind}")
    if mode is not None and not (mode & 0o222 and os.access(path, os.W_OK)):
        raise InputError("file", shown, "a file that may be replaced; this one is read-only")
    if not os.access(path.parent, os.W_OK):
        raise InputError("file", shown, "a file in a folder that can be written")


_KINDS = {
    stat.S_IFLNK: "a link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
    stat.S_IFDIR: "a folder",
}


def write_whole(path: Path, data: bytes) -> None:
    """Write a file whole or not at all; one that is replaced keeps its permissions.

    Args:
        path: the file, or STANDARD_OUTPUT for standard output.
        data: its content.

    Raises:
        InputError: as `check_target`, or it cannot be written.
    """
    if str(path) == STANDARD_OUTPUT:
        _write_out(data)
        return
    check_target(path)
    hidden = path.with_name(f".tmp-{secrets.token_hex(8)}")
    try:
        write(hidden, data)
        with suppress(FileNotFoundError):
            shutil.copymode(path, hidden)
        hidden.replace(path)
    except OSError as error:
        raise InputError("file", str(path), f"a file that can be written ({_reason(error)})") from None
    finally:
        with suppress(OSError):
            hidden.unlink(missing_ok=True)


def rescued(error: InputError, data: bytes, ending: str) -> InputError:
    """The complaint that something trained cannot be stored after all, once it is written to another place.

    Args:
        error: why it cannot be stored.
        data: the content of its file.
        ending: of the file's name, with the dot.
    """
    for folder in (Path.cwd(), Path(tempfile.gettempdir())):
        path = folder / f"rescued-{secrets.token_hex(4)}{ending}"
        with suppress(InputError):
            write_whole(path, data)
            where = f"{error.allowed}. Nothing is lost: {path} can be imported on the page Runs"
            return InputError(error.field, error.value, where)
    return error


def _write_out(data: bytes) -> None:
    if sys.stdout is None:
        raise InputError("file", STANDARD_OUTPUT, "a standard output that is open")
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except OSError as error:
        if error.errno not in _NOBODY_LISTENS:
            reason = f"an output that can be written ({_reason(error)})"
            raise InputError("file", STANDARD_OUTPUT, reason) from None
        _silence()


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
