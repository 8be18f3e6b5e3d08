"""Files in the IDX format, gzipped or not, which are taken for hostile: sizes are checked before all else.

An IDX file of bytes is four bytes of magic (0, 0, 8, number of axes), the length of each axis as four bytes,
big-endian, and the numbers.
"""

import gzip
import os
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from autoencode_core.errors import InputError

MOST_BYTES = 200_000_000
"""Most bytes of a file, packed or unpacked."""
MOST_PIXELS = 4096
"""Most pixels of an image: 64 x 64."""
ENDING = "idx3-ubyte"
"""How the name of a file of images ends, perhaps with .gz after it."""
IMAGES_FILE = f"images (…{ENDING}, .gz or not)"
"""What such a file is called in a sentence."""

_UNSIGNED_BYTES = 8
_PIECE = 1_000_000
_GZIP = b"\x1f\x8b"


def is_images_file(name: str) -> bool:
    """Whether that is the name of an IDX file of images."""
    return name.lower().removesuffix(".gz").endswith(ENDING)


def shape_of(path: str | os.PathLike[str]) -> tuple[int, int, int]:
    """How many images a file holds, and their rows and columns, by its head alone.

    Raises:
        InputError: it is missing, or no IDX file of at least 2 images of at most MOST_PIXELS pixels.
    """
    with _opened(path) as (file, name):
        return _image_shape(file, name)


def read_images(path: str | os.PathLike[str]) -> NDArray[np.uint8]:
    """The images of a file, (N, rows, columns).

    Raises:
        InputError: as `shape_of`; or the file is shorter or longer than its head says.
    """
    with _opened(path) as (file, name):
        return _numbers(file, _image_shape(file, name), name)


def read_labels(path: str | os.PathLike[str]) -> NDArray[np.uint8]:
    """The labels of a file, (N,).

    Raises:
        InputError: it is missing, no IDX file with one axis, or not as long as its head says.
    """
    with _opened(path) as (file, name):
        return _numbers(file, _axes(file, 1, "labels (one axis)", name), name)


def axes_of(path: str | os.PathLike[str], name: str = "") -> int:
    """How many axes the head of a file promises: 3 of images, 1 of labels; 0 of what is no IDX file.

    Args:
        path: of the file.
        name: what to call it in a message.

    Raises:
        InputError: it cannot be read, or is too large.
    """
    with _opened(path, name) as (file, _):
        head = file.read(4)
    return head[3] if len(head) == 4 and head[:3] == bytes((0, 0, _UNSIGNED_BYTES)) else 0


def labels_beside(path: str | os.PathLike[str]) -> Path | None:
    """The file of labels that belongs to a file of images: called labels-idx1 where that is images-idx3."""
    images = Path(path)
    name = images.name
    at = name.lower().rfind("idx3-ubyte")
    renamed = name[:at].replace("images", "labels") + "idx1-ubyte"
    found = (images.with_name(renamed + ending) for ending in (".gz", ""))
    return next((each for each in found if each.is_file()), None)


def read_pair(path: str | os.PathLike[str]) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
    """The images of a file (N, rows, columns), and the labels (N,) of the file beside it, if there is one.

    Raises:
        InputError: one of them cannot be read, or there are not as many labels as images.
    """
    images, beside = read_images(path), labels_beside(path)
    labels = None if beside is None else read_labels(beside)
    if labels is not None and beside is not None and len(labels) != len(images):
        raise InputError("file", beside.name, f"{len(images)} labels, one for each image; not {len(labels)}")
    return images, labels


def class_names_beside(path: str | os.PathLike[str]) -> tuple[str, ...]:
    """The classes in the labels beside a file of images, () where there are none or they are spoilt."""
    beside = labels_beside(path)
    if beside is None:
        return ()
    try:
        info = beside.stat()
        return _class_names(str(beside), info.st_mtime_ns, info.st_size)
    except (InputError, OSError):
        return ()


@lru_cache(maxsize=8)
def _class_names(path: str, mtime: int, size: int) -> tuple[str, ...]:
    return tuple(map(str, np.unique(read_labels(path))))


@contextmanager
def _opened(path: str | os.PathLike[str], name: str = "") -> Iterator[tuple[BinaryIO, str]]:
    """A file unpacked as it is read, and what to call it."""
    name = name or Path(path).name or str(path)
    try:
        info = os.stat(path)
        if not stat.S_ISREG(info.st_mode):
            raise InputError("file", name, "an IDX file, not a folder or a device")
        if info.st_size > MOST_BYTES:
            raise InputError("file", name, f"a file of at most {MOST_BYTES // 1_000_000} MB")
        with open(path, "rb") as packed:
            zipped = packed.read(2) == _GZIP
            packed.seek(0)
            file: Any = gzip.GzipFile(fileobj=packed) if zipped else packed
            with file:
                yield file, name
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise InputError("file", name, "a gzip file that is whole; this one is damaged") from None
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError("file", str(path), "an IDX file that exists and may be read") from None


def _image_shape(file: BinaryIO, name: str) -> tuple[int, int, int]:
    count, rows, columns = _axes(file, 3, "images (three axes)", name)
    if count < 2 or not 1 < rows * columns <= MOST_PIXELS:
        wanted = f"at least 2 images of 2 to {MOST_PIXELS} pixels; this one has {count} of {rows} × {columns}"
        raise InputError("file", name, wanted)
    return count, rows, columns


def _axes(file: BinaryIO, count: int, what: str, name: str) -> tuple[int, ...]:
    """Lengths of the axes, whose product is small enough to be read."""
    head = file.read(4)
    if head != bytes((0, 0, _UNSIGNED_BYTES, count)):
        raise InputError(
            "file", name, f"an IDX file of bytes with {what}; it begins with {head.hex() or '–'}"
        )
    sizes = file.read(4 * count)
    if len(sizes) < 4 * count:
        raise InputError("file", name, "an IDX file that is whole; this one ends within its head")
    lengths = tuple(int.from_bytes(sizes[4 * i : 4 * i + 4], "big") for i in range(count))
    total = 1
    for length in lengths:
        total *= length
    if total > MOST_BYTES:
        raise InputError("file", name, f"at most {MOST_BYTES:,} numbers; its head promises {total:,}")
    return lengths


def _numbers(file: BinaryIO, shape: tuple[int, ...], name: str) -> NDArray[np.uint8]:
    """The numbers after the head; never more is unpacked than the head promised, and one byte."""
    total = int(np.prod(shape, dtype=np.int64))
    data = bytearray()
    while len(data) <= total and (more := file.read(min(_PIECE, total + 1 - len(data)))):
        data += more  # piece by piece: a read of all would first make room for all that was promised
    if len(data) != total:
        found = "more" if len(data) > total else f"{len(data):,}"
        raise InputError(
            "file", name, f"a file with the {total:,} numbers that its head promises; not {found}"
        )
    numbers: NDArray[Any] = np.frombuffer(data, np.uint8).reshape(shape)
    return numbers
