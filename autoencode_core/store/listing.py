"""Listing: the entries of the stored things of one kind, each read again only when its file has changed."""

import os
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from autoencode_core.errors import InputError
from autoencode_core.store.index import Index, Line, Stamp

E = TypeVar("E")

LOOK_AGAIN_SECONDS = 2.0
"""While the folder says that it has not changed, its files are looked at again after that long."""

_TICK_NS = 20_000_000
"""What changed just now may change again without its time telling."""


class Listing(Generic[E]):
    """The entries of a folder by id.

    Args:
        root: the folder.
        pattern: what the names of the things look like.
        read: reads the line of a thing, from its name.
        entry: makes the entry of a name and its line.
        damaged: makes the entry of a name whose thing cannot be read, from that and why.
        inside: the file of a thing that changes whenever its entry does, "" where that is the thing itself.
        index: where lines are kept for other processes, if anywhere.
    """

    def __init__(
        self,
        root: Path,
        pattern: re.Pattern[str],
        read: Callable[[str], Line],
        entry: Callable[[str, Line], E],
        damaged: Callable[[str, str], E],
        inside: str = "",
        index: Index | None = None,
    ) -> None:
        self._root, self._pattern, self._inside = root, pattern, inside and f"/{inside}"
        self._read, self._entry, self._damaged, self._index = read, entry, damaged, index
        self._known: dict[str, tuple[Stamp, E]] = {}
        self._lines: dict[str, tuple[Stamp, Line]] | None = None  # of the index, until all were looked at
        self._found: dict[str, E] = {}
        self._seen: tuple[int, float] | None = None
        self._lock = threading.Lock()

    def all(self) -> dict[str, E]:
        """The entry of each thing by its name, in no order; not to be changed."""
        with self._lock:
            changed = self._changed()
            now = time.monotonic()
            if self._seen is None or self._seen[0] != changed or now - self._seen[1] > LOOK_AGAIN_SECONDS:
                self._found = self._looked()
                recent = time.time_ns() - changed < _TICK_NS
                self._seen = None if recent or not changed else (changed, now)
            return self._found

    def one(self, name: str) -> E | None:
        """The entry of a name as its file is now, None where there is no such thing."""
        if not self._pattern.fullmatch(name) or not (self._root / name).exists():
            return None
        with self._lock:
            return self._now(name, {})

    def stale(self) -> None:
        """Look at every file when asked next: this process has changed one."""
        self._seen = None

    def _changed(self) -> int:
        try:
            return os.stat(self._root).st_mtime_ns
        except OSError:
            return 0

    def _looked(self) -> dict[str, E]:
        try:
            names = [item.name for item in os.scandir(self._root) if self._pattern.fullmatch(item.name)]
        except OSError:
            names = []
        if self._lines is None:
            self._lines = self._index.lines() if self._index and names else {}
        fresh: dict[str, tuple[Stamp, Line]] = {}
        gone = (self._known.keys() | self._lines.keys()) - set(names)
        found = {name: self._now(name, fresh) for name in names}
        for name in gone:
            self._known.pop(name, None)
        if self._index and (fresh or gone):
            self._index.keep(fresh, names)
        self._lines = {}
        return found

    def _now(self, name: str, fresh: dict[str, tuple[Stamp, Line]]) -> E:
        """The entry of a name; a line that had to be read goes into `fresh`."""
        try:
            info = os.stat(f"{self._root}/{name}{self._inside}")
            stamp = (info.st_mtime_ns, info.st_size)
            known = self._known.get(name)
            if known is None or known[0] != stamp:
                kept = (self._lines or {}).get(name)
                if kept is None or kept[0] != stamp:
                    kept = fresh[name] = stamp, self._read(name)
                known = self._known[name] = stamp, self._entry(name, kept[1])
            return known[1]
        except (InputError, OSError) as error:
            return self._damaged(name, str(error))
