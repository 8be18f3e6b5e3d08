"""One study as one file: study.json and the runs' own files beside it; whatever is read is taken for hostile.

Members: study.json, 000.autoencode, 001.autoencode, … in the order of the study's outcomes, not compressed
again, so that one of them is read without the others.
"""

import io
import os
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from math import inf
from pathlib import Path
from typing import Annotated, Any, BinaryIO

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from autoencode_core.errors import InputError
from autoencode_core.knobs import bounds
from autoencode_core.store.record import RunRecord
from autoencode_core.store.run_file import pack, unpack
from autoencode_core.store.run_members import EXTENSION, FREE_BYTES, MOST_BYTES, MOST_RATIO, unpacked_sizes
from autoencode_core.store.stored_spec import spec_in
from autoencode_core.store.strict_json import dump, head_in, number_out, parse
from autoencode_core.store.study import MOST_RUNS, Outcome, Study, only_converged
from autoencode_core.store.validation import check_created, check_name
from autoencode_core.store.zip_members import END_BYTES, ZIP_ERRORS, contents, stored_member
from autoencode_core.words import as_set

STUDY_EXTENSION = ".study"
"""Ending of a study file."""
STUDY_VERSION = 1
"""Version of the format, counted up when an older program could not read a newer file."""
MOST_STUDY_BYTES = 1_000_000_000
"""Largest study file that is read."""
USUAL_STUDY_BYTES = 2**28
"""Bytes that a study's file may take before its runs keep less of what pages show of them."""
FEWEST_PARTICLES = 50
"""Particles that a run of a study keeps whatever room they take."""

_MOST_ITERATIONS = int(bounds("iterations")[1] or 1)
_HEAD = "study.json"
_HEAD_BYTES = 4_000_000
_ENTRY_BYTES = 128
_WANTED = f"a {STUDY_EXTENSION} file as this program writes it"
_START = {"init_scale", "init_outer"}
_LIKE_OTHERS = {"tikhonov", "seed", "data_seed", "iterations", "learning_rate", "tolerance", *_START}
_TEXTS = ("kind", "name", "created")


class _Figures(BaseModel):
    outcomes: tuple[Outcome, ...]
    zero: tuple[float, float]
    variance: float
    starts: Annotated[
        tuple[Annotated[int, Field(ge=0, le=2**31 - 1)], ...], BeforeValidator(lambda told: told or ())
    ]


def pack_study(study: Study, records: Sequence[RunRecord]) -> bytes:
    """A study as the bytes of one .study file; the same study gives the same bytes.

    Args:
        study: its figures.
        records: its runs, one per outcome and in their order.

    Raises:
        InputError: its parts do not fit each other.
    """
    check_runs(study, records)
    buffer = io.BytesIO()
    write_study(buffer, study, map(pack, records))
    return buffer.getvalue()


def unpack_study(data: bytes, source: str = "file") -> tuple[Study, list[RunRecord]]:
    """The study in the bytes of a .study file, and its runs.

    Args:
        data: at most 1 GB, from anywhere.
        source: what to call the file in a message.

    Raises:
        InputError: the file is damaged, foreign, too large or newer than this program; it says where.
    """
    study, members = checked_members(data, source)
    return study, [unpack(member) for member in members]


def checked_members(data: bytes, source: str = "file") -> tuple[Study, list[bytes]]:
    """As `unpack_study`, with the runs as their own files' bytes, which were found to be sound."""
    with _opened(io.BytesIO(data), source) as archive:
        study = _study(archive, source)
        members = [_member(archive, name, source) for name in archive.namelist()[1:]]
    _check_unpacked(members, len(data), source)
    for place, member in enumerate(members):  # one at a time: unpacked, a small file may be large
        _check_run(study, place, unpack(member, f"{source}, {_name(place)}"), source)
    return study, members


def _check_unpacked(members: Sequence[bytes], size: int, source: str) -> None:
    """Refuse runs that would unpack to too much together, before any of them is."""
    names = (f"{source}, {_name(place)}" for place in range(len(members)))
    sizes = (unpacked_sizes(io.BytesIO(data), name) for data, name in zip(members, names, strict=True))
    total, most = sum(sum(each.values()) for each in sizes), FREE_BYTES + MOST_RATIO * size
    if total > most:
        raise InputError(source, f"{total} bytes, unpacked", f"at most {most}, {MOST_RATIO} times its size")


def read_study(path: Path, source: str = "study") -> Study:
    """The study in a file, without its runs; raises like `unpack_study`."""
    with _file(path, source) as file, _opened(file, source) as archive:
        return _study(archive, source)


def read_member(path: Path, place: int, source: str = "study") -> bytes:
    """One run of the study in a file, as the bytes of its own file.

    Args:
        path: the file.
        place: its place in Study.outcomes.
        source: what to call the file in a message.

    Raises:
        InputError: as `unpack_study`, or there is no run of that place.
    """
    with _file(path, source) as file, _opened(file, source) as archive:
        names = archive.namelist()
        if not 0 <= place < len(names) - 1:
            raise InputError(source, place, f"a run from 0 to {len(names) - 2}")
        return _member(archive, names[place + 1], source)


def write_study(file: BinaryIO, study: Study, members: Iterable[bytes]) -> None:
    """Write a study's file, run by run.

    Args:
        file: where to, empty so far.
        study: its figures.
        members: its runs' own files in the order of its outcomes.

    Raises:
        InputError: a figure of the study cannot be.
    """
    _check(study, "study")
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(stored_member(_HEAD, compressed=False), dump(_plain(study)))
        for place, data in enumerate(members):
            archive.writestr(stored_member(_name(place), compressed=False), data)


def rewrite_study(file: BinaryIO, path: Path, study: Study, source: str = "study") -> None:
    """Write a study's file with other figures; its runs stay as they are.

    Args:
        file: where to, empty so far.
        path: the file as it is.
        study: as many outcomes at the same places.
        source: what to call the file in a message.

    Raises:
        InputError: as `unpack_study`, or the study is another one.
    """
    with _file(path, source) as old, _opened(old, source) as archive:
        if _identity(study) != _identity(_study(archive, source)):
            raise InputError(source, "another study", "the same runs at the same places")
        names = archive.namelist()[1:]
        write_study(file, study, (_member(archive, name, source) for name in names))


def _name(place: int) -> str:
    return f"{place:03}{EXTENSION}"


# ---- the zip file


@contextmanager
def _file(path: Path, source: str) -> Iterator[BinaryIO]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise InputError(source, error.strerror or "unreadable", "a file that can be read") from None
    with file:
        yield file


@contextmanager
def _opened(file: BinaryIO, source: str) -> Iterator[zipfile.ZipFile]:
    """The archive, after its table of contents has been found to be that of a study."""
    size = file.seek(0, os.SEEK_END)
    if size > MOST_STUDY_BYTES:
        raise InputError(source, f"{size} bytes", f"at most {MOST_STUDY_BYTES} bytes")
    file.seek(max(0, size - END_BYTES))
    entries, table_bytes = contents(file.read(), source, _WANTED)
    if not 2 <= entries <= MOST_RUNS + 1 or table_bytes > entries * _ENTRY_BYTES:
        raise InputError(source, f"a zip file with {entries} members", f"{_HEAD} and 1 to {MOST_RUNS} runs")
    try:
        with zipfile.ZipFile(file) as archive:
            _check_table(archive.infolist(), size, source)
            yield archive
    except ZIP_ERRORS as error:
        if isinstance(error, InputError):
            raise
        raise InputError(source, f"damaged ({error})", _WANTED) from None


def _check_table(entries: list[zipfile.ZipInfo], size: int, source: str) -> None:
    wanted = [_HEAD, *(_name(place) for place in range(len(entries) - 1))]
    if [entry.filename for entry in entries] != wanted:
        raise InputError(source, "other members", f"{_HEAD}, {_name(0)} and so on")
    for entry in entries:
        if entry.flag_bits & 1 or entry.compress_type != zipfile.ZIP_STORED:
            raise InputError(f"{source}, {entry.filename}", "encrypted or packed in another way", _WANTED)
        most = _HEAD_BYTES if entry.filename == _HEAD else MOST_BYTES
        if entry.file_size > most:
            raise InputError(
                f"{source}, {entry.filename}", f"{entry.file_size} bytes", f"at most {most} bytes"
            )
    if sum(entry.file_size for entry in entries) > size:
        raise InputError(source, "members that overlap", _WANTED)


def _member(archive: zipfile.ZipFile, name: str, source: str) -> bytes:
    try:
        return archive.read(name)
    except ZIP_ERRORS as error:
        raise InputError(f"{source}, {name}", f"damaged ({error})", _WANTED) from None


# ---- study.json


def _plain(study: Study) -> dict[str, Any]:
    def row(outcome: Outcome) -> dict[str, Any]:
        values = ((field.name, getattr(outcome, field.name)) for field in fields(outcome))
        return {name: number_out(value) if isinstance(value, float) else value for name, value in values}

    return {
        "format": "autoencode-study",
        "version": STUDY_VERSION,
        "spec": study.spec.model_dump(mode="json"),
        "outcomes": [row(outcome) for outcome in study.outcomes],
        "zero": [number_out(value) for value in study.zero],
        "variance": number_out(study.variance),
        "starts": list(study.starts),
        **{key: getattr(study, key) for key in _TEXTS},
    }


def _study(archive: zipfile.ZipFile, source: str) -> Study:
    """The figures of an opened file, checked, one outcome for each of its runs."""
    source = f"{source}, {_HEAD}"
    told = parse(_member(archive, _HEAD, source), source, _WANTED)
    head_in(told, source, "autoencode-study", STUDY_VERSION, _WANTED)
    spec = spec_in(told.get("spec"), f"{source}, spec")
    try:
        figures = _Figures.model_validate({key: told.get(key) for key in _Figures.model_fields})
    except ValidationError as error:
        wrong = error.errors()[0]
        where = ", ".join(map(str, (source, *wrong["loc"])))
        raise InputError(where, wrong["input"], f"what this program writes ({wrong['msg']})") from None
    texts: dict[str, Any] = {key: told.get(key) for key in _TEXTS}
    study = Study(spec=spec, **dict(figures), **texts)
    _check(study, source)
    runs = len(archive.namelist()) - 1
    if runs != len(study.outcomes):
        raise InputError(f"{source}, outcomes", len(study.outcomes), f"as many as there are runs, {runs}")
    return replace(study, outcomes=only_converged(study.outcomes))  # of old, every run counted


def _check(study: Study, source: str) -> None:
    """Refuse figures that cannot be those of a study."""
    if study.kind not in ("strip", "continuation"):
        raise InputError(f"{source}, kind", study.kind, "strip or continuation")
    if study.name != "":
        check_name(study.name, f"{source}, name")
    check_created(study.created, f"{source}, created")
    if not 1 <= len(study.outcomes) <= MOST_RUNS:
        raise InputError(f"{source}, outcomes", len(study.outcomes), f"1 to {MOST_RUNS}")
    if not 0 <= study.variance < inf:
        raise InputError(f"{source}, variance", study.variance, "a finite number from 0")
    branches = ("",) if study.kind == "strip" else ("down", "up")
    for place, outcome in enumerate(study.outcomes):
        where = f"{source}, outcome {place}"
        if not 0 <= outcome.tikhonov <= 1e3:
            raise InputError(f"{where}, tikhonov", outcome.tikhonov, "a number from 0 to 1000")
        if not 0 <= outcome.iterations <= _MOST_ITERATIONS:
            wanted = f"a number from 0 to {_MOST_ITERATIONS}"
            raise InputError(f"{where}, iterations", outcome.iterations, wanted)
        if outcome.branch not in branches:
            raise InputError(f"{where}, branch", outcome.branch, " or ".join(branches) or "none")
        if outcome.minimiser is not None and not 0 <= outcome.minimiser < MOST_RUNS:
            raise InputError(f"{where}, minimiser", outcome.minimiser, f"a number below {MOST_RUNS}")
        _check_ode(outcome, where)
    places = _identity(study)[1]
    if len(set(places)) < len(places):
        raise InputError(f"{source}, outcomes", "one of them twice", "each λ, seed and branch once")


def _check_ode(outcome: Outcome, where: str) -> None:
    """Refuse figures of the exact flow that cannot be; of old there are none."""
    for name in ("ode_difference", "ode_test_error"):
        value = getattr(outcome, name)
        if value is not None and not value >= 0:
            raise InputError(f"{where}, {name}", value, "a number from 0, or none")
    most = int(bounds("substeps")[1] or 1)
    if outcome.substeps is not None and not 1 <= outcome.substeps <= most:
        raise InputError(f"{where}, substeps", outcome.substeps, f"a whole number from 1 to {most}, or none")


def _identity(study: Study) -> tuple[str, list[tuple[float, int, str]]]:
    return study.kind, [(each.tikhonov, each.seed, each.branch) for each in study.outcomes]


def check_runs(study: Study, records: Sequence[RunRecord], source: str = "study") -> None:
    """Refuse runs that are not those of a study's outcomes.

    Raises:
        InputError: there are more or fewer, or one has another λ, seed, status or spec.
    """
    if len(records) != len(study.outcomes):
        raise InputError(source, f"{len(records)} runs", f"one per outcome, {len(study.outcomes)}")
    for place, record in enumerate(records):
        _check_run(study, place, record, source)


def _check_run(study: Study, place: int, record: RunRecord, source: str) -> None:
    where, outcome, spec = f"{source}, {_name(place)}", study.outcomes[place], record.spec
    if (spec.tikhonov, spec.seed, record.status) != (outcome.tikhonov, outcome.seed, outcome.status):
        found = f"λ = {as_set(spec.weight)}, seed {spec.seed}, {record.status}"
        wanted = f"λ = {as_set(outcome.tikhonov)}, seed {outcome.seed}, {outcome.status}"
        raise InputError(where, found, wanted)
    if spec.model_dump(exclude=_LIKE_OTHERS) != study.spec.model_dump(exclude=_LIKE_OTHERS):
        raise InputError(where, "a run of another spec", "the study's, but for λ, seed and training")
