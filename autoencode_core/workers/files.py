"""Data files that travel with a call to workers that do not see the server's folders.

A call names its files by their content; a worker that lacks one says so, and is sent it once. It keeps the
last ones in a folder of its own. Nothing here imports torch, so the server can import this module.
"""

import hashlib
import os
import shutil
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from autoencode_core.data.copies import copied, located
from autoencode_core.data.idx import MOST_BYTES, is_images_file, labels_beside
from autoencode_core.data.reading import is_table
from autoencode_core.data.source import MAX_BYTES

KEPT_FILES, KEPT_BYTES = 8, 800_000_000
"""Most files that a worker keeps, and most bytes of them; the latest one is kept whatever its size."""

_lock = threading.Lock()


@dataclass(frozen=True)
class DataFile:
    """A data file of the server, perhaps with the labels beside it.

    Attributes:
        path: by which specs and questions name it.
        digest: of all contents.
        names: name of each file, the one of the path first.
        contents: of each file, () where only its name travels.
    """

    path: str
    digest: str
    names: tuple[str, ...]
    contents: tuple[bytes, ...] = field(default=(), repr=False)


class FilesLacking(Exception):
    """A worker has not seen a file yet.

    Args:
        worker: its address.
    """

    def __init__(self, worker: str) -> None:
        super().__init__(worker)
        self.worker = worker


# ---- on the server


def files_of(named: Iterable[object]) -> tuple[DataFile, ...]:
    """The data files among what specs and questions name; one that is missing or too large is left out.

    Args:
        named: data sets by name or path, and whatever else a question may be told.
    """
    paths = {name for name in named if isinstance(name, str) and (is_table(name) or is_images_file(name))}
    files = []
    for path in sorted(paths):
        try:
            parts = _parts(path)
            stamps = tuple((str(part), part.stat().st_mtime_ns, part.stat().st_size) for part in parts)
        except (OSError, ValueError):
            continue
        most = MAX_BYTES if is_table(path) else MOST_BYTES
        if all(part.is_file() and size <= most for part, (_, _, size) in zip(parts, stamps, strict=True)):
            files.append(DataFile(path, _digest(stamps), tuple(part.name for part in parts)))
    return tuple(files)


def with_contents(files: Sequence[DataFile]) -> tuple[DataFile, ...]:
    """The same files with what is in them, read here.

    Raises:
        OSError: one cannot be read any more.
    """

    def read(file: DataFile) -> tuple[bytes, ...]:
        first = Path(located(file.path))
        return first.read_bytes(), *((first.parent / name).read_bytes() for name in file.names[1:])

    return tuple(replace(file, contents=read(file)) for file in files)


def _parts(path: str) -> tuple[Path, ...]:
    beside = labels_beside(path) if is_images_file(path) else None
    return (Path(path), *([beside] if beside else []))


@lru_cache(maxsize=32)
def _digest(stamps: tuple[tuple[str, int, int], ...]) -> str:
    """A hash of files, of which each is named by path, time and size."""
    digest = hashlib.sha256()
    for path, _, _ in stamps:
        with open(path, "rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
        digest.update(Path(path).name.encode() + b"\0")
    return digest.hexdigest()[:32]


# ---- on a worker


@contextmanager
def at_hand(files: Sequence[DataFile]) -> Iterator[None]:
    """Have the server's files here, inside.

    Raises:
        FilesLacking: one is neither kept nor brought along.
    """
    with copied({file.path: str(_kept(file)) for file in files}):
        yield


def _kept(file: DataFile) -> Path:
    """Where a copy lies."""
    from distributed import get_worker  # lazy: start-up time

    worker = get_worker()
    shelf = Path(worker.local_directory, "autoencode-files")
    folder = shelf / file.digest
    with _lock:
        if not folder.is_dir():
            if not file.contents:
                raise FilesLacking(worker.address)
            _write(folder, file)
        os.utime(folder)
        _trim(shelf)
    return folder / Path(file.names[0]).name


def _write(folder: Path, file: DataFile) -> None:
    """A folder that is there whole or not at all, for nobody else to read."""
    hidden = folder.with_name(f".tmp-{folder.name}")
    shutil.rmtree(hidden, ignore_errors=True)
    folder.parent.mkdir(mode=0o700, exist_ok=True)
    hidden.mkdir(mode=0o700)
    for name, content in zip(file.names, file.contents, strict=True):
        (hidden / Path(name).name).write_bytes(content)
    hidden.rename(folder)


def _trim(shelf: Path) -> None:
    """Forget those that were not asked for lately."""
    total = 0
    for place, folder in enumerate(sorted(shelf.iterdir(), key=lambda each: -each.stat().st_mtime_ns)):
        total += sum(part.stat().st_size for part in folder.iterdir())
        if place and (place >= KEPT_FILES or total > KEPT_BYTES):
            shutil.rmtree(folder, ignore_errors=True)
