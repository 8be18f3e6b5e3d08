"""The server's log: a line for each thing that happened, and nothing of what people named, typed or uploaded.

Of a message only its words are written, never what is filled in. Of an error its kind and where it was
raised are written, never its message: it may quote a cell, a file or a name. What a line may carry beside
that are the fields of FIELDS, which the code gives as `extra`.
"""

import json
import logging
import os
import re
import sys
import threading
import traceback
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from autoencode_core.errors import InputError

STYLE, LEVEL = "AUTOENCODE_LOG", "AUTOENCODE_LOG_LEVEL"
"""Names of the variables: json (a JSON object a line), text, or full (messages and errors whole, for whoever
works on the program alone); and debug, info, warning or error."""
STYLES = ("text", "json", "full")
LEVELS = ("debug", "info", "warning", "error")
FIELDS = ("reference", "job", "question", "worker", "seconds", "count", "state")
"""What a line may carry: ids that the program makes, names of its own things, numbers."""

_FRAMES = 12
_FILLED = re.compile(r"%(\(\w+\))?[-#0 +]*[\d*]*(\.[\d*]+)?[a-zA-Z]")
_NAMED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`|\S*[/\\@]\S*|\d+(\.\d+){3}")
"""What others write into their messages: quotations, paths, addresses."""
_ID = re.compile(r"[\w.:+-]{1,80}", re.ASCII)
_PROJECT = Path(__file__).parents[1]
_OURS = ("autoencode_core", "pages", "app")
_LOUD = ("uvicorn", "distributed", "dask", "tornado", "asyncio", "watchdog")
_DASK = {"DASK_LOGGING__VERSION": "1", "DASK_LOGGING__DISABLE_EXISTING_LOGGERS": "False"}
"""Has distributed, which is imported later, write no log of its own."""

_log = logging.getLogger(__name__)


def write_logs() -> None:
    """Writes the log of this process to standard error, as the environment wants it; called once.

    Raises:
        InputError: a variable says something else than it may.
    """
    style, level = _chosen(STYLE, STYLES), _chosen(LEVEL, LEVELS, "info")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_FORMATTERS[style]())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in {*logging.root.manager.loggerDict, *_LOUD}:
        write_as_all_others(logging.getLogger(name))
    os.environ.update({name: os.environ.get(name, value) for name, value in _DASK.items()})
    warnings.showwarning = _warned  # type: ignore[assignment]
    sys.excepthook = lambda kind, error, trace: _log.critical("Ended", exc_info=(kind, error, trace))
    threading.excepthook = _thread_ended


def write_as_all_others(logger: logging.Logger) -> None:
    """Has a library's logger write through the one handler of the process; of loud ones, warnings only."""
    logger.handlers.clear()
    logger.propagate = True
    if logger.name.partition(".")[0] in _LOUD:
        logger.setLevel(logging.WARNING)


def _warned(_: Warning | str, category: type[Warning], *__: object) -> None:
    _log.warning("A warning", extra={"state": category.__name__})


def _thread_ended(about: threading.ExceptHookArgs) -> None:
    if about.exc_value is not None:
        _log.error("A thread ended", exc_info=(about.exc_type, about.exc_value, about.exc_traceback))


def _chosen(variable: str, allowed: tuple[str, ...], usual: str = "") -> str:
    word = os.environ.get(variable, "").strip().lower() or usual or allowed[0]
    if word not in allowed:
        raise InputError(variable, word, f"one of {', '.join(allowed)}")
    return word


def entry(record: logging.LogRecord) -> dict[str, Any]:
    """What a line of the log says of a record.

    Args:
        record: as the logging module makes it; its level, its logger, the words of its message and, as
            `extra`, those of FIELDS.

    Returns:
        time (ISO, UTC), level, where (the logger), event (the words), the fields, and error and trace of an
        exception.
    """
    found: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "where": record.name,
        "event": _words(record),
    }
    for name in FIELDS:
        value = getattr(record, name, None)
        if isinstance(value, int | float) or (isinstance(value, str) and _ID.fullmatch(value)):
            found[name] = round(value, 3) if isinstance(value, float) else value
    if record.exc_info and record.exc_info[0] is not None:
        found["error"] = record.exc_info[0].__name__
        found["trace"] = _places(record.exc_info[2])
    return found


def _words(record: logging.LogRecord) -> str:
    """The words of a message: ours name nothing, those of others may."""
    if not isinstance(record.msg, str):
        return type(record.msg).__name__
    words = " ".join(_FILLED.sub("…", record.msg).split())
    return words if record.name.partition(".")[0] in _OURS else _NAMED.sub("…", words)


def _places(raised: TracebackType | None) -> list[str]:
    """Where an error was raised, the innermost place last: file, line and function."""
    frames = traceback.extract_tb(raised)[-_FRAMES:]
    return [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]


def _short(path: str) -> str:
    """A file of the program or of a library, without the folders of this machine."""
    inside = Path(path)
    if inside.is_relative_to(_PROJECT) and "site-packages" not in inside.parts:
        return str(inside.relative_to(_PROJECT))
    return "/".join(inside.parts[-2:])


class JsonLines(logging.Formatter):
    """A record as a JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        return json.dumps(entry(record), ensure_ascii=False)


class TextLines(logging.Formatter):
    """A record as words: time, level, event, and what else is known of it."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        found = entry(record)
        head = f"{found.pop('time')} {found.pop('level'):7} {found.pop('event')}"
        trace = found.pop("trace", [])
        told = "".join(f" {name}={value}" for name, value in found.items())
        return "\n    ".join([head + told, *trace])


_FORMATTERS: Mapping[str, type[logging.Formatter]] = {
    "json": JsonLines,
    "text": TextLines,
    "full": logging.Formatter,
}
