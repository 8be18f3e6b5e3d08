"""What run and study files share as zip files: their end, read before zipfile does, and dateless members."""

import struct
import zipfile
import zlib

from autoencode_core.errors import InputError

ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    EOFError,
    ValueError,
    NotImplementedError,
    struct.error,
)
"""What zipfile raises when it is given a damaged or foreign file."""
END_BYTES = 42
"""Length of the end of a zip file that `contents` reads."""


def contents(end: bytes, source: str, wanted: str) -> tuple[int, int]:
    """Number of members of a plain zip file and bytes of its table of contents, before zipfile reads that.

    Args:
        end: the last END_BYTES of the file, or all of it.
        source: what to call it in a message.
        wanted: what would be accepted.

    Raises:
        InputError: it is no zip file, is cut short, has a comment or is of the kind for huge files.
    """
    tail = end[-22:]
    if len(tail) < 22 or tail[:4] != b"PK\x05\x06" or end[-END_BYTES:-22][:4] == b"PK\x06\x07":
        raise InputError(source, "cut short or foreign", wanted)
    entries, table_bytes = struct.unpack("<HI", tail[10:16])
    return entries, table_bytes


def stored_member(name: str, compressed: bool) -> zipfile.ZipInfo:
    """A member of a zip file that does not say when and where it was written."""
    info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    info.compress_type = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    info.create_system, info.external_attr = 3, 0o644 << 16
    return info
