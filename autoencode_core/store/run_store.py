"""RunStore: runs on disk, one folder each, and the read-only gallery beside them; numpy only."""

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from autoencode_core.errors import InputError
from autoencode_core.spec import RunSpec
from autoencode_core.store.folder import FileCache
from autoencode_core.store.record import RunRecord, Status, summary_line
from autoencode_core.store.run_file import (
    pack,
    read_folder,
    read_summary,
    rewrite_name,
    unpack,
    unpack_summary,
    write_folder,
)
from autoencode_core.store.run_members import EXTENSION, MOST_BYTES
from autoencode_core.store.study_store import MEMBER_ID, StudyStore
from autoencode_core.store.validation import check_name

if TYPE_CHECKING:
    from autoencode_core.training.run import Run

RUN_ID = re.compile(r"\d{8}-\d{6}-[a-z0-9_]{1,32}-k\d{1,4}-[0-9a-f]{4}")
"""What the id of a stored run looks like: date, time, data set, bottleneck and a random end."""
GALLERY_ID = re.compile(r"gallery-([A-Za-z0-9_-]{1,64})")
"""What the id of a gallery run looks like: "gallery-" and the file's stem."""


@dataclass(frozen=True)
class Entry:
    """One line of a list of runs.

    Attributes:
        run_id: its id in the store.
        name: the name a person gave it, "" when none.
        created: ISO date and time, UTC.
        status: that of the record, or damaged.
        spec: what was asked, None when damaged.
        summary: one line for lists.
        figures: the record's summary, empty when damaged.
        message: why it ended, or what is damaged.
        read_only: whether it belongs to the gallery.
    """

    run_id: str
    name: str
    created: str
    status: Status | Literal["damaged"]
    spec: RunSpec | None
    summary: str
    message: str
    read_only: bool = False
    figures: Mapping[str, float | None] = field(default_factory=dict)


def _damaged(run_id: str, message: str) -> Entry:
    return Entry(run_id, "", "", "damaged", None, "damaged", message, run_id.startswith("gallery-"))


def _entry_of(run_id: str, record: RunRecord, read_only: bool) -> Entry:
    line = summary_line(record)
    about = (record.name, record.created, record.status, record.spec, line, record.message)
    return Entry(run_id, *about, read_only, record.summary)


_ENTRIES = FileCache(_damaged)


class Gallery:
    """Pretrained runs that cannot be changed.

    Args:
        root: folder of .autoencode files; one that is not there holds none.
    """

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = Path(root)

    def list(self) -> list[Entry]:
        """All runs by file name; a damaged file is an entry that says so."""
        paths = {f"gallery-{path.stem}": path for path in sorted(self.root.glob(f"*{EXTENSION}"))}
        return [
            _ENTRIES.entry(run_id, path, partial(_entry_of_file, run_id, path))
            for run_id, path in paths.items()
            if GALLERY_ID.fullmatch(run_id)
        ]

    def record(self, run_id: str) -> RunRecord:
        """The run of that id.

        Raises:
            InputError: there is none, or its file is damaged.
        """
        return unpack(self.export(run_id), run_id)

    def export(self, run_id: str) -> bytes:
        """The run of that id as the bytes of its file; raises like `record`."""
        return _bytes_of(self.path(run_id))

    def path(self, run_id: str) -> Path:
        """The file of a run.

        Raises:
            InputError: there is none.
        """
        match = GALLERY_ID.fullmatch(run_id)
        path = self.root / f"{match[1]}{EXTENSION}" if match else None
        if path is None or not path.is_file():
            raise InputError("run", run_id, "the id of a run of the gallery")
        return path


def _bytes_of(path: Path) -> bytes:
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise InputError(path.name, f"{size} bytes", f"at most {MOST_BYTES} bytes")
    return path.read_bytes()


def _entry_of_file(run_id: str, path: Path) -> Entry:
    return _entry_of(run_id, unpack_summary(_bytes_of(path), path.name), True)


def _entry_of_folder(run_id: str, path: Path) -> Entry:
    return _entry_of(run_id, read_summary(path), False)


class RunStore(StudyStore):
    """Runs and studies on disk, safe to use from several processes at once.

    A run has a folder of its own; the runs of a study lie in its file, and are read by ids of their own.

    Args:
        root: folder of the runs, made when the first one is saved.
        gallery: folder of the gallery, if any; its runs come last in lists and cannot be changed.
    """

    def __init__(self, root: str | os.PathLike[str], gallery: str | os.PathLike[str] | None = None) -> None:
        super().__init__(root, gallery)
        self.gallery = None if gallery is None else Gallery(gallery)

    def new_id(self, spec: RunSpec) -> str:
        """An id for a run that is still to be trained, given to nobody else (`save` takes it)."""
        return self.fresh_id(spec)

    def has(self, run_id: str) -> bool:
        """Whether a run of one's own of that id is stored."""
        return RUN_ID.fullmatch(run_id) is not None and (self.root / run_id).is_dir()

    def save(self, run: "Run | RunRecord", run_id: str = "") -> str:
        """Store a run and return its id.

        Args:
            run: a run as trained, or its record.
            run_id: an id that `new_id` gave; by default a fresh one. Where a run of the same spec has it
                already, that is this run and nothing is stored again; where another run took it, this one
                gets a fresh one.

        Raises:
            InputError: the parts of the record do not fit each other, the folder cannot be written, or the
                id is none.
        """
        if run_id and not RUN_ID.fullmatch(run_id):
            raise InputError("run", run_id, "an id as the store gives it")
        if isinstance(run, RunRecord):
            record = run
        else:
            from autoencode_core.training.records import record_of  # lazy: start-up time, it imports torch

            record = record_of(run)
        if not record.created:
            record = replace(record, created=datetime.now(UTC).isoformat(timespec="milliseconds"))
        try:
            self.clean()
            while True:
                run_id = run_id or self.new_id(record.spec)
                with suppress(FileExistsError):
                    write_folder(record, self.root / run_id)
                    return run_id
                if self._is_run_of(run_id, record.spec):
                    return run_id
                run_id = ""
        except OSError as error:
            raise self.unwritable(error) from None

    def record(self, run_id: str) -> RunRecord:
        """The run of that id, one's own, of the gallery or of a study, without torch.

        Raises:
            InputError: there is none of that id, or it is damaged.
        """
        if MEMBER_ID.fullmatch(run_id):
            return self.study_member(run_id)
        if self.gallery is not None and GALLERY_ID.fullmatch(run_id):
            return self.gallery.record(run_id)
        return read_folder(self._folder(run_id), run_id)

    def stamp(self, run_id: str) -> tuple[int, int, int]:
        """What is another one as soon as the run was renamed or replaced; cheap, and raises like `record`.

        Args:
            run_id: its id.

        Returns:
            Time of its last change in ns, size and number of the file that says so.
        """
        if match := MEMBER_ID.fullmatch(run_id):
            path = self._study_path(match[1])
        elif self.gallery is not None and GALLERY_ID.fullmatch(run_id):
            path = self.gallery.path(run_id)
        else:
            path = self._folder(run_id) / "run.json"
        try:
            info = path.stat()
        except OSError:
            raise InputError("run", run_id, "the id of a stored run that is whole") from None
        return info.st_mtime_ns, info.st_size, info.st_ino

    def load(self, run_id: str) -> "Run":
        """The run of that id with its model; raises like `record`."""
        from autoencode_core.training.records import run_of  # lazy: start-up time, it imports torch

        return run_of(self.record(run_id))

    def list(self) -> list[Entry]:
        """All runs, newest first, then the gallery; a damaged one is an entry that says so."""
        own = [self._entry(name) for name in self.names(RUN_ID)]
        own.sort(key=lambda entry: (entry.run_id[:15], entry.created, entry.run_id), reverse=True)
        return own + (self.gallery.list() if self.gallery else [])

    def rename(self, run_id: str, name: str) -> None:
        """Give a run another name.

        Args:
            run_id: its id, which stays.
            name: 1 to 80 printable characters.

        Raises:
            InputError: the name is empty, too long or not printable, or there is no such run of one's own.
        """
        name = check_name(name)
        try:
            rewrite_name(self._folder(run_id), name)
        except OSError as error:
            raise self.unwritable(error) from None

    def delete(self, run_id: str) -> None:
        """Remove a run.

        Raises:
            InputError: there is no such run of one's own.
        """
        self.remove(self._folder(run_id))

    def export(self, run_id: str) -> bytes:
        """The run of that id as the bytes of one .autoencode file; raises like `record`."""
        if MEMBER_ID.fullmatch(run_id):
            return self.study_member_bytes(run_id)
        if self.gallery is not None and GALLERY_ID.fullmatch(run_id):
            return self.gallery.export(run_id)
        return pack(self.record(run_id))

    def import_(self, data: bytes) -> str:
        """Store a run from the bytes of an .autoencode file and return its new id.

        Raises:
            InputError: the file is damaged, foreign or too large, or the folder cannot be written.
        """
        return self.save(unpack(data))

    def _entry(self, run_id: str) -> Entry:
        path = self.root / run_id
        return _ENTRIES.entry(run_id, path / "run.json", partial(_entry_of_folder, run_id, path))

    def _is_run_of(self, run_id: str, spec: RunSpec) -> bool:
        with suppress(InputError):
            return read_summary(self.root / run_id, run_id).spec == spec
        return False

    def _folder(self, run_id: str) -> Path:
        if GALLERY_ID.fullmatch(run_id):
            raise InputError("run", run_id, "a run of your own: runs of the gallery are read-only")
        if MEMBER_ID.fullmatch(run_id):
            raise InputError("run", run_id, "a run on its own: this one belongs to its study")
        if not self.has(run_id):
            raise InputError("run", run_id, "the id of a stored run")
        return self.root / run_id
