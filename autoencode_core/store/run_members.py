"""The members of a run, in a file or in a folder: their sizes are known before any of them is read."""

import io
import zipfile
from pathlib import Path
from typing import BinaryIO, Protocol

from autoencode_core.errors import InputError
from autoencode_core.store.zip_members import END_BYTES, ZIP_ERRORS, contents

EXTENSION = ".autoencode"
"""Ending of a run file."""
MOST_BYTES = 200_000_000
"""Largest run file that is read, packed or unpacked."""
LIMITS = {
    "spec.json": 1_000_000,
    "run.json": 4_000_000,
    "history.json": 32_000_000,
    "weights.safetensors": MOST_BYTES,
    "probe.safetensors": MOST_BYTES,
}
"""The members and how many bytes each may have when unpacked."""
MOST_RATIO, FREE_BYTES = 20, 4_000_000
"""A file unpacks to at most FREE_BYTES and MOST_RATIO times its own size: runs to less than 5 times."""
WANTED = f"an {EXTENSION} file as this program writes it"
"""What would be accepted, in words."""

_TABLE_BYTES = 4096


class Members(Protocol):
    """Where the members of a run are read from.

    Attributes:
        source: what to call it in a message.
    """

    source: str

    def size(self, name: str) -> int:
        """Bytes of a member, unpacked; raises like `read`."""

    def read(self, name: str, most: int | None = None) -> bytes:
        """A member as a whole, or its first bytes.

        Args:
            name: one of LIMITS.
            most: how many bytes.

        Raises:
            InputError: it is too large, damaged or not there.
        """


class Folder:
    """The members in a folder.

    Args:
        path: the folder.
        source: what to call it in a message.
    """

    def __init__(self, path: Path, source: str) -> None:
        self._path, self.source = path, source

    def size(self, name: str) -> int:
        """As `Members` says."""
        try:
            size = (self._path / name).stat().st_size
        except OSError as error:
            raise self._unreadable(name, error) from None
        check_size(size, name, self.source)
        return size

    def read(self, name: str, most: int | None = None) -> bytes:
        """As `Members` says."""
        try:
            with (self._path / name).open("rb") as file:
                return file.read(self.size(name) if most is None else most)
        except OSError as error:
            raise self._unreadable(name, error) from None

    def _unreadable(self, name: str, error: OSError) -> InputError:
        return InputError(f"{self.source}, {name}", error.strerror or "unreadable", "a file that can be read")


class File:
    """The members in the bytes of a run file, of which only the table of contents is read at first.

    Args:
        data: from anywhere.
        source: what to call it in a message.

    Raises:
        InputError: it is no run file, too large, or unpacks to too much.
    """

    def __init__(self, data: bytes, source: str) -> None:
        self.source = source
        self._sizes = unpacked_sizes(io.BytesIO(data), source)
        self._data = data
        total, most = sum(self._sizes.values()), FREE_BYTES + MOST_RATIO * len(data)
        if total > min(most, MOST_BYTES):
            wanted = f"at most {min(most, MOST_BYTES)}: {MOST_RATIO} times its size, and {MOST_BYTES} in all"
            raise InputError(source, f"{total} bytes, unpacked", wanted)

    def size(self, name: str) -> int:
        """As `Members` says."""
        return self._sizes[name]

    def read(self, name: str, most: int | None = None) -> bytes:
        """As `Members` says."""
        wanted = self._sizes[name] if most is None else min(most, self._sizes[name])
        try:
            with zipfile.ZipFile(io.BytesIO(self._data)) as archive, archive.open(name) as member:
                found = member.read(wanted)  # a count: without one, zipfile unpacks more than the table says
                if len(found) < wanted or (most is None and member.read(1)):
                    raise InputError(f"{self.source}, {name}", "of another size than its file says", WANTED)
                return found
        except ZIP_ERRORS as error:
            if isinstance(error, InputError):
                raise
            raise InputError(self.source, f"damaged ({error})", WANTED) from None


def unpacked_sizes(file: BinaryIO, source: str = "file") -> dict[str, int]:
    """Bytes of the members of a run file as its table of contents says, none of them unpacked.

    Args:
        file: the run file.
        source: what to call it in a message.

    Raises:
        InputError: the file is no run file, or too large, or one of them is.
    """
    size = file.seek(0, io.SEEK_END)
    if size > MOST_BYTES:
        raise InputError(source, f"{size} bytes", f"at most {MOST_BYTES} bytes")
    file.seek(max(0, size - END_BYTES))
    count, table_bytes = contents(file.read(), source, WANTED)
    if count != len(LIMITS) or table_bytes > _TABLE_BYTES:
        raise InputError(source, f"a zip file with {count} members", f"exactly {', '.join(LIMITS)}")
    try:
        with zipfile.ZipFile(file) as archive:
            found = archive.infolist()
    except ZIP_ERRORS as error:
        raise InputError(source, f"damaged ({error})", WANTED) from None
    sizes = {info.filename: info.file_size for info in found}
    if len(found) != len(LIMITS) or set(sizes) != set(LIMITS):
        raise InputError(source, f"holds {', '.join(sizes)}", f"exactly {', '.join(LIMITS)}")
    for info in found:
        if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise InputError(f"{source}, {info.filename}", "encrypted or packed in another way", WANTED)
        check_size(info.file_size, info.filename, source)
    if sum(info.compress_size for info in found) > size:
        raise InputError(source, "members that overlap", WANTED)
    return sizes


def check_size(size: int, name: str, source: str) -> None:
    """Refuse a member that is too large.

    Raises:
        InputError: it is.
    """
    if size > LIMITS[name]:
        raise InputError(f"{source}, {name}", f"{size} bytes", f"at most {LIMITS[name]} bytes")
