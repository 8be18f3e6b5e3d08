"""Index: what lists say of stored things, kept beside them in one file that may be deleted at any time."""

import sqlite3
import threading
import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from autoencode_core import __version__

FOLDER = ".index"
"""Where it lies in the folder of the runs: apart, so that its changes are none of that folder."""
FEWEST = 100
"""Fewer things are read as quickly without an index."""
MOST = 50_000
"""Most things of a kind that are kept; the oldest go first."""
WAIT_SECONDS = 1.0
"""How long another process that writes is waited for."""
MOST_TEXT = 30_000
"""Longest line that is kept, in characters; what is longer is read from its own file."""

Stamp = tuple[int, int]
"""When a file changed last, in ns, and its size."""

_COLUMNS = ("name", "created", "status", "summary", "message", "figures", "spec")
_SCHEMA = (
    "CREATE TABLE lines (kind TEXT, id TEXT, changed INTEGER, size INTEGER, "
    + ", ".join(f"{column} TEXT" for column in _COLUMNS)
    + ", UNIQUE (kind, id))"
)
_SELECT = f"SELECT id, changed, size, {', '.join(_COLUMNS)} FROM lines"
_FORMAT = zlib.crc32(f"{__version__} {_SCHEMA}".encode()) & 0x7FFFFFFF
_SPOILT = {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class Line(NamedTuple):
    """What a list says of one thing, as text.

    Attributes:
        name, created: as in the record.
        status: that of a run, the kind of a study.
        summary, message: as in Entry.
        figures, spec: of a run, as JSON.
    """

    name: str
    created: str
    status: str
    summary: str
    message: str
    figures: str = ""
    spec: str = ""


class Listed:
    """What a list has a line of.

    Attributes:
        line: what the list says of it.
    """

    line: Line

    @property
    def name(self) -> str:
        """The name a person gave it, "" when none."""
        return self.line.name

    @property
    def created(self) -> str:
        """ISO date and time, UTC, "" when damaged."""
        return self.line.created

    @property
    def summary(self) -> str:
        """One line for lists."""
        return self.line.summary

    @property
    def message(self) -> str:
        """Why a run ended, or what is damaged; "" of a study that is well."""
        return self.line.message


class Index:
    """Lines by id, with the stamp of the file that they were read from; shared by all processes.

    It is a cache: what is damaged, foreign, or of another version of this program is begun anew, and where
    it cannot be written there is none. A journal is kept while it changes, no WAL, whose shared memory does
    not work over a network.

    Args:
        root: folder of the things.
        kind: of the things, "run" or "study".
    """

    def __init__(self, root: Path, kind: str) -> None:
        self._file, self._kind = root / FOLDER / "lines.sqlite", kind
        self._lock = threading.Lock()

    def lines(self) -> dict[str, tuple[Stamp, Line]]:
        """All that is kept."""
        if not self._file.exists():
            return {}
        with self._lock, suppress(sqlite3.Error, OSError), self._opened() as base:
            rows = base.execute(f"{_SELECT} WHERE kind = ?", (self._kind,)).fetchall()
            return {row[0]: ((row[1], row[2]), Line._make(row[3:])) for row in rows if _is_line(row)}
        return {}

    def keep(self, fresh: Mapping[str, tuple[Stamp, Line]], there: Collection[str]) -> None:
        """Add lines, and forget those of things that are gone.

        Args:
            fresh: lines that were read, by id.
            there: ids of all things.
        """
        if len(there) < FEWEST and not self._file.exists():
            return
        newest = set(sorted(there, reverse=True)[:MOST])
        rows = [
            (self._kind, name, *stamp, *line)
            for name, (stamp, line) in fresh.items()
            if name in newest and sum(map(len, line)) <= MOST_TEXT
        ]
        with self._lock, suppress(sqlite3.Error, OSError):
            self._file.parent.mkdir(exist_ok=True)
            with self._opened() as base, base:
                marks = ", ".join("?" * (4 + len(_COLUMNS)))
                base.executemany(f"INSERT OR REPLACE INTO lines VALUES ({marks})", rows)
                known = base.execute("SELECT id FROM lines WHERE kind = ?", (self._kind,)).fetchall()
                gone = [(self._kind, name) for (name,) in known if name not in newest]
                base.executemany("DELETE FROM lines WHERE kind = ? AND id = ?", gone)

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """The file, made or begun anew where it is none of this version."""
        try:
            base = self._connected()
        except sqlite3.Error as error:
            if error.sqlite_errorcode & 0xFF not in _SPOILT:
                raise
            self._file.unlink(missing_ok=True)
            base = self._connected()
        with closing(base):
            yield base

    def _connected(self) -> sqlite3.Connection:
        base = sqlite3.connect(self._file, timeout=WAIT_SECONDS)
        try:
            base.execute("PRAGMA synchronous = OFF")
            if base.execute("PRAGMA user_version").fetchone()[0] != _FORMAT:
                with base:
                    base.execute("BEGIN IMMEDIATE")  # another process may be making it
                    if base.execute("PRAGMA user_version").fetchone()[0] != _FORMAT:
                        base.execute("DROP TABLE IF EXISTS lines")
                        base.execute(_SCHEMA)
                        base.execute(f"PRAGMA user_version = {_FORMAT}")
                base.execute("VACUUM")
            base.execute(f"{_SELECT} LIMIT 1")
        except BaseException:
            base.close()
            raise
        return base


def _is_line(row: tuple[object, ...]) -> bool:
    kinds = tuple(map(type, row))
    return kinds == (str, int, int, *(str,) * len(_COLUMNS))
