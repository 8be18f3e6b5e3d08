"""DiskUse: how many bytes a folder of runs holds, and how many it may hold."""

import os
import threading
import time
from contextlib import suppress
from pathlib import Path

from autoencode_core.errors import InputError
from autoencode_core.words import megabytes

LIMIT = "AUTOENCODE_RUNS_MOST_GB"
"""Environment variable: most GB that the folder of the runs may hold; without it only the disk limits it."""

_FRESH_SECONDS = 5.0


class DiskUse:
    """What a folder takes on disk; nothing is ever deleted to make room.

    Args:
        root: the folder.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._runs: dict[str, int] = {}  # by name: what is stored changes by a few bytes at most
        self._found: tuple[float, int] | None = None

    def used(self) -> int:
        """Bytes of all files in the folder, a few seconds old at most; 0 where there is no folder."""
        with self._lock:
            now = time.monotonic()
            if self._found is None or now - self._found[0] > _FRESH_SECONDS:
                self._found = now, self._summed()
            return self._found[1]

    def check(self, size: int) -> None:
        """Refuse what would not fit below the limit, if there is one.

        Args:
            size: bytes that will be written.

        Raises:
            InputError: it would not.
        """
        most = most_bytes()
        if most is not None and self.used() + size > most:
            free = megabytes(max(0, most - self.used()))
            wanted = (
                f"what fits into the {free} left of {megabytes(most)} ({LIMIT}); delete what is not needed"
            )
            raise InputError("runs folder", f"{megabytes(size)} more", wanted)

    def _summed(self) -> int:
        try:
            items = list(os.scandir(self._root))
        except OSError:
            items = []
        known, self._runs = self._runs, {}
        for item in items:
            kept = known.get(item.name) if item.name[:1].isdigit() else None
            self._runs[item.name] = _size(item) if kept is None else kept
        return sum(self._runs.values())


def most_bytes() -> int | None:
    """Most bytes that the folder of the runs may hold, None where nothing says so.

    Raises:
        InputError: what AUTOENCODE_RUNS_MOST_GB says is no number.
    """
    told = os.environ.get(LIMIT, "").strip()
    try:
        found = float(told) if told else None
    except ValueError:
        found = -1.0
    if found is not None and not 0 <= found < 1e6:
        raise InputError(LIMIT, told, "a number of GB from 0")
    return None if found is None else int(found * 1e9)


def _size(item: "os.DirEntry[str]") -> int:
    with suppress(OSError):
        if item.is_dir(follow_symlinks=False):
            return sum(_size(below) for below in os.scandir(item.path))
        return item.stat(follow_symlinks=False).st_size
    return 0
