"""Journal: which jobs a server has begun, on disk, so that the next server ends what this one could not.

A folder of the runs' folder for each server, locked as long as its process lives; in it, for each job,
{id}.json (what is wanted, and by whom), {id}.start (the run that it begins with) and {id}.checkpoint (how far
it has come).
"""

import logging
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from secrets import token_hex
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from autoencode_core.errors import InputError
from autoencode_core.store.folder import write_to_disk
from autoencode_core.store.run_members import MOST_BYTES
from autoencode_core.store.strict_json import dump, parse

try:
    import fcntl
except ImportError:  # Windows, which has no worker processes of our own either
    fcntl = None  # type: ignore[assignment]

FOLDER = ".jobs"
"""Name of the journals' folder in that of the runs."""

_JOB_ID = re.compile(r"[0-9a-f]{12}(-\d{1,6})?")
_SERVER = re.compile(r"[0-9a-f]{16}")
_LOCK = "lock"
_MOST_TEXT = 4_000_000

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """A job as its journal has it.

    Attributes:
        job_id: its id.
        kind: what it makes.
        wish: RunSpec or Plan as JSON.
        owners: who asked for it.
        stored: id under which its result is being stored, "" before.
        start: file of a run that a continuation begins with, b"" for none.
        checkpoint: how far it had come, b"" for not far.
    """

    job_id: str
    kind: Literal["run", "study"]
    wish: str
    owners: frozenset[str] = frozenset()
    stored: str = ""
    start: bytes = field(default=b"", repr=False)
    checkpoint: bytes = field(default=b"", repr=False)


class _Written(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["autoencode-job"] = "autoencode-job"
    version: Literal[1] = 1
    kind: Literal["run", "study"]
    wish: str
    owners: tuple[str, ...] = Field(max_length=10_000)
    stored: str


class Journal:
    """The journal of this server; a folder that cannot be written is told in the log, and jobs go on.

    Args:
        runs: folder of the runs.
    """

    def __init__(self, runs: Path) -> None:
        self._all, self._name = runs / FOLDER, token_hex(8)
        self._lock: int | None = None

    @property
    def root(self) -> Path:
        """Folder of this server's journal."""
        return self._all / self._name

    def enter(self, entry: Entry) -> None:
        """Note a job down, or what has changed of it; start and checkpoint stay as they are where empty."""
        owners = tuple(sorted(entry.owners))
        written = _Written(kind=entry.kind, wish=entry.wish, owners=owners, stored=entry.stored)
        files = {"start": entry.start, "checkpoint": entry.checkpoint, "json": dump(written.model_dump())}
        self._write(entry.job_id, {ending: data for ending, data in files.items() if data})

    def keep(self, job_id: str, checkpoint: bytes) -> None:
        """Note down how far a job has come, in the place of how far it had come before."""
        if (self.root / f"{job_id}.json").exists():
            self._write(job_id, {"checkpoint": checkpoint})

    def leave(self, job_id: str) -> None:
        """Strike out a job, which is over."""
        for ending in ("json", "checkpoint", "start"):  # without the first the others count no more
            with suppress(OSError):
                (self.root / f"{job_id}.{ending}").unlink(missing_ok=True)

    def take_over(self) -> tuple[list[Entry], list[str]]:
        """The jobs of servers that have gone, which are this server's from now on.

        Returns:
            The jobs, and a sentence for each that cannot be read.
        """
        entries: list[Entry] = []
        unread: list[str] = []
        for folder in self._left():
            for path in sorted(folder.glob("*.json"), key=lambda each: each.stat().st_mtime_ns):
                try:
                    entries.append(_read(path))
                except (InputError, OSError) as error:
                    unread.append(f"A job of an earlier server, {path.stem}, cannot be read: {error}.")
            self._enter_all(entries)
            shutil.rmtree(folder, ignore_errors=True)
        return entries, unread

    def close(self) -> None:
        """Let go of the journal; jobs that are in it are left to the next server."""
        if self._lock is not None:
            if not any(self.root.glob("*.json")):
                shutil.rmtree(self.root, ignore_errors=True)
            os.close(self._lock)
            self._lock = None

    # ---- files

    def _enter_all(self, entries: list[Entry]) -> None:
        for entry in entries:
            if not (self.root / f"{entry.job_id}.json").exists():
                self.enter(entry)

    def _left(self) -> Iterator[Path]:
        """Folders of servers that have gone, each locked while it is looked at."""
        with suppress(OSError):
            for folder in sorted(self._all.iterdir()):
                lock = None if folder.name == self._name else _locked(folder)
                if lock is not None:
                    try:
                        yield folder
                    finally:
                        os.close(lock)

    def _write(self, job_id: str, files: Mapping[str, bytes]) -> None:
        """Write files of a job by their endings, each whole or not at all."""
        try:
            if self._lock is None:
                self.root.mkdir(parents=True, exist_ok=True)
                self._lock = _locked(self.root, make=True)
            for ending, data in files.items():
                hidden = self.root / f".{job_id}.{ending}"
                write_to_disk(hidden, data)
                os.replace(hidden, self.root / f"{job_id}.{ending}")
        except OSError as error:
            log.warning("job %s is not in the journal: %s", job_id, error.strerror or "not written")


def _locked(folder: Path, make: bool = False) -> int | None:
    """The lock of a journal's folder, None while the process that has it lives, or where it is none."""
    if fcntl is None or not _SERVER.fullmatch(folder.name):
        return None
    try:
        lock = os.open(folder / _LOCK, os.O_RDWR | (os.O_CREAT if make else 0), 0o600)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return lock


def _read(path: Path) -> Entry:
    """A job of a journal.

    Raises:
        InputError: its file is none that this program writes.
        OSError: it cannot be read.
    """
    job_id, wanted = path.stem, "a job as this program notes it down"
    if not _JOB_ID.fullmatch(job_id) or path.stat().st_size > _MOST_TEXT:
        raise InputError("job", job_id, wanted)
    told: dict[str, Any] = parse(path.read_bytes(), "job", wanted)
    try:
        written = _Written.model_validate({**told, "owners": tuple(told.get("owners") or ())})
    except (ValidationError, TypeError):
        raise InputError("job", job_id, wanted) from None
    entry = Entry(job_id, written.kind, written.wish, frozenset(written.owners), written.stored)
    start, checkpoint = (_bytes_of(path.with_suffix(f".{ending}")) for ending in ("start", "checkpoint"))
    return replace(entry, start=start, checkpoint=checkpoint)


def _bytes_of(path: Path) -> bytes:
    """What a file beside a job holds, b"" where there is none or it is too large to be true."""
    with suppress(FileNotFoundError):
        return path.read_bytes() if path.stat().st_size <= MOST_BYTES else b""
    return b""
