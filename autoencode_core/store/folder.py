"""What stores on disk share: a folder where things appear whole or not at all."""

import os
import re
import secrets
import shutil
import threading
import time
from collections import deque
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from autoencode_core.data.reading import table_name
from autoencode_core.errors import InputError
from autoencode_core.spec import RunSpec
from autoencode_core.store.disk_use import DiskUse
from autoencode_core.words import megabytes

SPARE_BYTES = 2**20
"""Bytes that stay free on the disk beyond what is to be written, or nothing is begun."""

_LEFTOVER_SECONDS = 3600
_REMEMBERED_IDS = 10_000
_TRIAL_BYTES = 2**16


def write_to_disk(path: Path, data: bytes) -> None:
    """Write a file and wait until it is on the disk."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


class Folder:
    """A folder of stored things, safe to use from several processes at once.

    Args:
        root: its path; made when the first thing is saved.
    """

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = Path(root)
        self.use = DiskUse(self.root)
        self._given: deque[str] = deque(maxlen=_REMEMBERED_IDS)
        self._giving = threading.Lock()

    def fresh_id(self, spec: RunSpec, kind: str = "", ending: str = "") -> str:
        """An id from time, data set, bottleneck, kind if any, and a random end, which nothing stored has.

        Args:
            spec: what is, or will be, stored.
            kind: that of a study, "" of a run.
            ending: of the name of its file.
        """
        now, slug = datetime.now(UTC), table_name(spec.dataset).lower()
        slug = re.sub(r"[^a-z0-9_]+", "_", slug)[:32].strip("_") or "data"
        with self._giving:
            while True:
                end = "-".join(filter(None, (kind, secrets.token_hex(2))))
                found = f"{now:%Y%m%d-%H%M%S}-{slug}-k{spec.bottleneck}-{end}"
                if found not in self._given and not (self.root / f"{found}{ending}").exists():
                    self._given.append(found)
                    return found

    def check_writable(self, size: int = 0) -> None:
        """Make the folder and try to write there, before anything is done that would be lost otherwise.

        Args:
            size: bytes that will be written.

        Raises:
            InputError: the folder cannot be written, its disk has not so many free, or it may not hold them.
        """
        self.use.check(size)
        probe = self.hidden()
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            free = shutil.disk_usage(self.root).free
            if free < size + SPARE_BYTES:
                wanted = (
                    f"a folder with {megabytes(size + SPARE_BYTES)} free on its disk, not {megabytes(free)}"
                )
                raise InputError("runs folder", str(self.root), wanted)
            write_to_disk(probe, bytes(_TRIAL_BYTES))
        except OSError as error:
            raise self.unwritable(error) from error
        finally:
            with suppress(OSError):
                probe.unlink(missing_ok=True)

    def hidden(self) -> Path:
        """A name that no list shows, for what is being written or removed."""
        return self.root / f".tmp-{secrets.token_hex(8)}"

    def remove(self, path: Path) -> None:
        """Remove a file or a folder of it, at once for everyone who looks.

        Raises:
            InputError: the folder cannot be written.
        """
        hidden = self.hidden()
        try:
            path.rename(hidden)
            os.utime(hidden)
        except OSError as error:
            raise self.unwritable(error) from None
        _remove(hidden)

    def touch(self) -> None:
        """Tell everyone who lists the folder that something inside of what it holds has changed."""
        with suppress(OSError):
            os.utime(self.root)

    def clean(self) -> None:
        """Remove what an interrupted save or delete has left."""
        for path in self.root.glob(".tmp-*"):
            with suppress(OSError):
                if time.time() - path.stat().st_mtime > _LEFTOVER_SECONDS:
                    _remove(path)

    def unwritable(self, error: OSError) -> InputError:
        """What a person is told when writing fails."""
        reason = error.strerror or "it cannot be written"
        return InputError("runs folder", str(self.root), f"a folder that can be written ({reason})")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink(missing_ok=True)
