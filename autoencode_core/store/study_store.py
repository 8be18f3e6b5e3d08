"""StudyStore: studies on disk, one file each, and those of the gallery; numpy only."""

import os
import re
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import BinaryIO

from autoencode_core.errors import InputError
from autoencode_core.spec import RunSpec
from autoencode_core.store.folder import Folder
from autoencode_core.store.index import Index, Line, Listed
from autoencode_core.store.listing import Listing
from autoencode_core.store.record import RunRecord
from autoencode_core.store.run_file import pack, unpack
from autoencode_core.store.stored_spec import imported
from autoencode_core.store.study import Kind, Study, study_line
from autoencode_core.store.study_file import (
    STUDY_EXTENSION,
    check_runs,
    checked_members,
    read_member,
    read_study,
    rewrite_study,
    write_study,
)
from autoencode_core.store.validation import check_name

_OWN = r"\d{8}-\d{6}-[a-z0-9_]{1,32}-k\d{1,4}-(?:strip|continuation)-[0-9a-f]{4}"
_STEM = r"[A-Za-z0-9_-]{1,64}"
_GALLERY = rf"gallery\.({_STEM})"
STUDY_ID = re.compile(f"{_OWN}|{_GALLERY}")
"""What the id of a study looks like: that of a run with the kind before its random end; "gallery." and the
file's stem for one of the gallery."""
MEMBER_ID = re.compile(rf"({_OWN}|gallery\.{_STEM})\.(\d{{3}})")
"""What the id of a run of a study looks like: the study's and its place there, of three digits."""

_OWN_ID = re.compile(_OWN)


@dataclass(frozen=True)
class StudyEntry(Listed):
    """One line of a list of studies; its figures are read when they are asked for.

    Attributes:
        study_id: its id in the store.
        line: what a list says of it; its status is the kind of the study, or damaged.
        path: its file.
        read_only: whether it belongs to the gallery.
    """

    study_id: str
    line: Line
    path: Path
    read_only: bool = False

    @cached_property
    def study(self) -> Study | None:
        """Its figures, None when damaged."""
        with suppress(InputError):
            return None if self.line.status == "damaged" else read_study(self.path, self.study_id)
        return None


def _listing(root: Path, pattern: str, prefix: str, index: Index | None = None) -> Listing[StudyEntry]:
    """The studies of a folder, whose ids are a prefix and their files' stems."""

    def entry(name: str, line: Line) -> StudyEntry:
        study_id = prefix + name.removesuffix(STUDY_EXTENSION)
        return StudyEntry(study_id, line, root / name, read_only=prefix != "")

    def read(name: str) -> Line:
        study = read_study(root / name, prefix + name.removesuffix(STUDY_EXTENSION))
        return Line(study.name, study.created, study.kind, study_line(study), "")

    return Listing(
        root,
        re.compile(f"(?:{pattern}){re.escape(STUDY_EXTENSION)}"),
        read,
        entry,
        lambda name, why: entry(name, Line("", "", "damaged", "damaged", why)),
        index=index,
    )


@lru_cache(maxsize=4)
def _gallery(root: Path) -> Listing[StudyEntry]:
    """The studies of a gallery, which all stores of the process share."""
    return _listing(root, _STEM, "gallery.")


def member_id(study_id: str, place: int) -> str:
    """The id of a run of a study, which `RunStore.record` and `RunStore.load` take."""
    return f"{study_id}.{place:03}"


def _appear(hidden: Path, path: Path) -> None:
    """Give a file its name, unless something has it: at once where the file system knows links."""
    try:
        os.link(hidden, path)
    except FileExistsError:
        raise
    except OSError:
        if path.exists():
            raise FileExistsError(path) from None
        os.replace(hidden, path)


def _is_study_of(path: Path, study: Study) -> bool:
    with suppress(InputError):
        stored = read_study(path)
        return (stored.kind, stored.spec) == (study.kind, study.spec)
    return False


class StudyStore(Folder):
    """Studies on disk, safe to use from several threads and processes at once.

    A study that two processes change at the same moment keeps what the later one says.

    Args:
        root: folder of the studies, made when the first one is saved.
        gallery: folder of the gallery, if any; its studies come last in lists and cannot be changed.
    """

    def __init__(self, root: str | os.PathLike[str], gallery: str | os.PathLike[str] | None = None) -> None:
        super().__init__(root)
        self._gallery_root = None if gallery is None else Path(gallery)
        self._own_studies = _listing(self.root, _OWN, "", Index(self.root, "study"))
        self._changing = threading.Lock()  # one change is read, made and written before the next one

    def new_study_id(self, spec: RunSpec, kind: Kind) -> str:
        """An id for a study that is still to be trained, given to nobody else (`save_study` takes it)."""
        return self.fresh_id(spec, kind, STUDY_EXTENSION)

    def has_study(self, study_id: str) -> bool:
        """Whether a study of one's own of that id is stored."""
        path = self.root / f"{study_id}{STUDY_EXTENSION}"
        return _OWN_ID.fullmatch(study_id) is not None and path.is_file()

    def save_study(self, study: Study, records: Sequence[RunRecord], study_id: str = "") -> str:
        """Store a study with its runs and return its id.

        Args:
            study: its figures.
            records: its runs, one per outcome and in their order.
            study_id: an id that `new_study_id` gave; by default a fresh one. Where a study of the same spec
                and kind has it already, that is this study and nothing is stored again; where another one
                took it, this one gets a fresh one.

        Raises:
            InputError: its parts do not fit each other, the folder cannot be written, or the id is none.
        """
        check_runs(study, records)
        return self._save_study(study, [pack(record) for record in records], study_id)

    def save_study_bytes(self, data: bytes, study_id: str = "") -> str:
        """Store a study from the bytes of a .study file and return its id, as `save_study`.

        Raises:
            InputError: the file is damaged, foreign or too large, the folder cannot be written, or the id
                is none.
        """
        return self._save_study(*checked_members(data), study_id)

    def studies(self) -> list[StudyEntry]:
        """All studies, newest first, then those of the gallery; a damaged one is an entry that says so."""
        own = list(self._own_studies.all().values())
        own.sort(key=lambda entry: (entry.study_id[:15], entry.created, entry.study_id), reverse=True)
        shown = _gallery(self._gallery_root).all() if self._gallery_root else {}
        return own + [shown[name] for name in sorted(shown)]

    def study(self, study_id: str) -> Study:
        """The figures of a study.

        Raises:
            InputError: there is none of that id, or it is damaged.
        """
        return read_study(self._study_path(study_id), study_id)

    def member_ids(self, study_id: str) -> list[str]:
        """Ids of a study's runs in the order of its outcomes; raises like `study`."""
        return [member_id(study_id, place) for place in range(len(self.study(study_id).outcomes))]

    def study_member(self, run_id: str) -> RunRecord:
        """The run of such an id.

        Raises:
            InputError: there is none of that id, or it is damaged.
        """
        return unpack(self.study_member_bytes(run_id), run_id)

    def study_member_bytes(self, run_id: str) -> bytes:
        """The run of such an id as the bytes of one .autoencode file; raises like `study_member`."""
        match = MEMBER_ID.fullmatch(run_id)
        if match is None:
            raise InputError("run", run_id, "the id of a study's run")
        return read_member(self._study_path(match[1]), int(match[match.lastindex or 0]), match[1])

    def rename_study(self, study_id: str, name: str) -> None:
        """Give a study another name.

        Args:
            study_id: its id, which stays.
            name: 1 to 80 printable characters.

        Raises:
            InputError: the name is empty, too long or not printable, or there is no such study of one's own.
        """
        name = check_name(name)
        self._rewrite(study_id, lambda study: study.renamed(name))

    def update_study(self, study_id: str, study: Study) -> None:
        """Give a study's outcomes other figures, such as ν once it is known; name and time stay.

        Args:
            study_id: its id.
            study: the same runs at the same places.

        Raises:
            InputError: the runs are others, or there is no such study of one's own.
        """
        self._rewrite(study_id, lambda now: replace(study, name=now.name, created=now.created))

    def delete_study(self, study_id: str) -> None:
        """Remove a study with its runs.

        Raises:
            InputError: there is no such study of one's own.
        """
        with self._changing:
            self.remove(self._own_path(study_id))
        self._own_studies.stale()

    def export_study(self, study_id: str) -> bytes:
        """The study as the bytes of one .study file; raises like `study`."""
        path = self._study_path(study_id)
        read_study(path, study_id)
        return path.read_bytes()

    def import_study(self, data: bytes) -> str:
        """As `save_study_bytes`, with data sets as in `RunStore.import_`."""
        self.use.check(len(data))
        study, members = checked_members(data)
        spec = imported(study.spec, self.root)
        if spec != study.spec:
            study, records = replace(study, spec=spec), map(unpack, members)
            members = [pack(replace(each, spec=imported(each.spec, self.root))) for each in records]
        return self._save_study(study, members, "")

    # ---- files

    def _save_study(self, study: Study, members: Sequence[bytes], study_id: str) -> str:
        if study_id and not _OWN_ID.fullmatch(study_id):
            raise InputError("study", study_id, "an id as the store gives it")
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        study = replace(study, created=study.created or now)
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            self.clean()
            while True:
                study_id = study_id or self.new_study_id(study.spec, study.kind)
                path = self.root / f"{study_id}{STUDY_EXTENSION}"
                with suppress(FileExistsError):
                    self._write(path, partial(write_study, study=study, members=members), fresh=True)
                    return study_id
                if _is_study_of(path, study):
                    return study_id
                study_id = ""
        except OSError as error:
            raise self.unwritable(error) from None

    def _rewrite(self, study_id: str, change: Callable[[Study], Study]) -> None:
        with self._changing:
            path = self._own_path(study_id)
            changed = change(read_study(path, study_id))
            try:
                self._write(path, partial(rewrite_study, path=path, study=changed, source=study_id))
            except OSError as error:
                raise self.unwritable(error) from None

    def _write(self, path: Path, fill: Callable[[BinaryIO], None], fresh: bool = False) -> None:
        """Write a file whole or not at all.

        Raises:
            FileExistsError: it must be fresh, and is there already.
        """
        hidden = self.hidden()
        try:
            with hidden.open("xb") as file:
                fill(file)
                file.flush()
                os.fsync(file.fileno())
            if fresh:
                _appear(hidden, path)
            else:
                os.replace(hidden, path)
        finally:
            hidden.unlink(missing_ok=True)
        self._own_studies.stale()

    def _study_path(self, study_id: str) -> Path:
        match = STUDY_ID.fullmatch(study_id)
        root = self._gallery_root if match and match[1] else self.root
        path = root / f"{match[1] or study_id}{STUDY_EXTENSION}" if match and root else None
        if path is None or not path.is_file():
            raise InputError("study", study_id, "the id of a stored study")
        return path

    def _own_path(self, study_id: str) -> Path:
        if study_id.startswith("gallery."):
            raise InputError("study", study_id, "a study of your own: those of the gallery are read-only")
        return self._study_path(study_id)
