"""RunStore: runs on disk, one folder each, and the read-only gallery beside them; numpy only."""

import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from autoencode_core.errors import InputError
from autoencode_core.spec import RunSpec
from autoencode_core.store.index import Index, Line, Listed
from autoencode_core.store.listing import Listing
from autoencode_core.store.record import RunRecord, summary_line
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
from autoencode_core.store.stored_spec import imported, spec_in
from autoencode_core.store.strict_json import dump, number_in, number_out
from autoencode_core.store.study_store import MEMBER_ID, StudyStore
from autoencode_core.store.validation import check_name

if TYPE_CHECKING:
    from autoencode_core.training.run import Run

RUN_ID = re.compile(r"\d{8}-\d{6}-[a-z0-9_]{1,32}-k\d{1,4}-[0-9a-f]{4}")
"""What the id of a stored run looks like: date, time, data set, bottleneck and a random end."""
_STEM = r"[A-Za-z0-9_-]{1,64}"
GALLERY_ID = re.compile(rf"gallery-({_STEM})")
"""What the id of a gallery run looks like: "gallery-" and the file's stem."""


@dataclass(frozen=True)
class Entry(Listed):
    """One line of a list of runs; spec and figures are read when they are asked for.

    Attributes:
        run_id: its id in the store.
        line: what a list says of it.
        read_only: whether it belongs to the gallery, or to a study.
    """

    run_id: str
    line: Line
    read_only: bool = False

    @property
    def status(self) -> str:
        """That of the record, or damaged."""
        return self.line.status

    @cached_property
    def spec(self) -> RunSpec | None:
        """What was asked, None when damaged."""
        with suppress(InputError, ValueError):
            return spec_in(json.loads(self.line.spec), self.run_id) if self.line.spec else None
        return None

    @cached_property
    def figures(self) -> Mapping[str, float | None]:
        """The record's summary, empty when damaged."""
        with suppress(ValueError):
            told = json.loads(self.line.figures) if self.line.figures else {}
            return {name: number_in(value) for name, value in told.items()}
        return {}

    @cached_property
    def searched(self) -> str:
        """What a search looks at: its name, id and line, a blank before each word."""
        return f" {_words(f'{self.name} {self.run_id} {self.summary}')}"


def _words(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text.casefold()).strip()


def line_of(record: RunRecord) -> Line:
    """What a list says of a run."""
    figures = dump({name: number_out(value) for name, value in record.summary.items()}).decode()
    about = (record.name, record.created, record.status, summary_line(record), record.message)
    return Line(*about, figures, record.spec.model_dump_json())


def _damaged(run_id: str, message: str) -> Entry:
    line = Line("", "", "damaged", "damaged", message)
    return Entry(run_id, line, run_id.startswith("gallery-"))


class Gallery:
    """Pretrained runs that cannot be changed.

    Args:
        root: folder of .autoencode files; one that is not there holds none.
    """

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = Path(root)

    def list(self) -> list[Entry]:
        """All runs by file name; a damaged file is an entry that says so."""
        found = _gallery(self.root).all()
        return [found[name] for name in sorted(found)]

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


@lru_cache(maxsize=4)
def _gallery(root: Path) -> Listing[Entry]:
    """The runs of a gallery, which all stores of the process share."""

    def read(name: str) -> Line:
        return line_of(unpack_summary(_bytes_of(root / name), name))

    def run_id(name: str) -> str:
        return f"gallery-{name.removesuffix(EXTENSION)}"

    return Listing(
        root,
        re.compile(_STEM + re.escape(EXTENSION)),
        read,
        lambda name, line: Entry(run_id(name), line, True),
        lambda name, why: _damaged(run_id(name), why),
    )


def _age(entry: Entry) -> tuple[str, str, str]:
    return entry.run_id[:15], entry.created, entry.run_id


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
        self._own = Listing(
            self.root,
            RUN_ID,
            lambda run_id: line_of(read_summary(self.root / run_id)),
            Entry,
            _damaged,
            "run.json",
            Index(self.root, "run"),
        )
        self._sorted: tuple[dict[str, Entry], list[Entry]] = {}, []

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
                    self._own.stale()
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

    def search(self, text: str, most: int | None = None) -> list[Entry]:
        """Runs in the order of `list` whose name, id or line has all words of a text.

        Args:
            text: words or their beginnings, in any order; "" finds every run.
            most: how many to find.
        """
        words = [f" {word}" for word in _words(text).split()]
        found = (entry for entry in self.list() if all(word in entry.searched for word in words))
        return list(islice(found, most))

    def list(self) -> list[Entry]:
        """All runs, newest first, then the gallery; a damaged one is an entry that says so."""
        found = self._own.all()
        if self._sorted[0] is not found:
            newest = sorted(found.values(), key=_age, reverse=True)
            self._sorted = found, newest
        return [*self._sorted[1], *(self.gallery.list() if self.gallery else [])]

    def entry(self, run_id: str) -> Entry:
        """The line of one run as it is now.

        Raises:
            InputError: there is none of that id.
        """
        if MEMBER_ID.fullmatch(run_id):
            return Entry(run_id, line_of(self.record(run_id)), True)
        if self.gallery is not None and GALLERY_ID.fullmatch(run_id):
            found = _gallery(self.gallery.root).one(self.gallery.path(run_id).name)
        else:
            found = self._own.one(run_id)
        if found is None:
            raise InputError("run", run_id, "the id of a stored run")
        return found

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
            self.touch()
        except OSError as error:
            raise self.unwritable(error) from None
        self._own.stale()

    def delete(self, run_id: str) -> None:
        """Remove a run.

        Raises:
            InputError: there is no such run of one's own.
        """
        self.remove(self._folder(run_id))
        self._own.stale()

    def export(self, run_id: str) -> bytes:
        """The run of that id as the bytes of one .autoencode file; raises like `record`."""
        if MEMBER_ID.fullmatch(run_id):
            return self.study_member_bytes(run_id)
        if self.gallery is not None and GALLERY_ID.fullmatch(run_id):
            return self.gallery.export(run_id)
        return pack(self.record(run_id))

    def import_(self, data: bytes) -> str:
        """Store a run from the bytes of an .autoencode file and return its new id.

        A table or a file of images that it was trained on is looked for among those that were uploaded here,
        wherever else the file says that it lies (`imported`).

        Raises:
            InputError: the file is damaged, foreign or too large, or the folder cannot be written or is full.
        """
        self.use.check(len(data))
        record = unpack(data)
        return self.save(replace(record, spec=imported(record.spec, self.root)))

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
