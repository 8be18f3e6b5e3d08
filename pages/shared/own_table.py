"""A person's own tables: kept by their content under the folder of the runs, each with how it is read."""

import contextlib
import hashlib
import os
import re
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from autoencode_core.data.reading import AS_FOUND, Reading, file_title, is_table, table_name
from pages.shared.session import SessionKey
from pages.shared.setup import runs_root

_KEPT = re.compile(r"[0-9a-f]{12}-[\w-]+\.(csv|tsv|txt|xlsx|(csv|tsv|txt)\.gz)")
_READINGS = SessionKey[dict[str, Reading]]("table_readings", dict)


def keep(data: bytes, name: str) -> str:
    """Store an uploaded file; the same content is stored once.

    Args:
        data: content of the file.
        name: the name it was uploaded under.

    Returns:
        Its path, which names it as a data set.
    """
    folder = _folder()
    digest = hashlib.sha256(data).hexdigest()[:12]
    known = [path for path in uploaded() if Path(path).name.startswith(digest)]
    if known:
        return known[0]
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{digest}-{_slug(name)}{_ending(name)}"
    handle, hidden = tempfile.mkstemp(dir=folder, prefix=".tmp-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(hidden, target)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(hidden)
    return str(target)


def uploaded() -> list[str]:
    """Paths of the files uploaded so far, by name."""
    folder = _folder()
    if not folder.is_dir():
        return []
    found = (path for path in folder.iterdir() if _KEPT.fullmatch(path.name) and path.is_file())
    return [str(path) for path in sorted(found, key=lambda path: (path.name[13:], path.name))]


def labels(paths: Sequence[str]) -> dict[str, str]:
    """What each file is called on screen: its name, with the start of its digest where two share it."""
    names = {path: file_title(path) for path in paths}
    count = Counter(names.values())
    return {p: n if count[n] == 1 else f"{n} ({Path(p).name[:4]})" for p, n in names.items()}


def reading_of(path: str) -> Reading:
    """How this visitor reads a data set: as found, unless a preview or a run said otherwise."""
    return (_READINGS.get() or {}).get(path, AS_FOUND)


def read_as(path: str, reading: Reading) -> None:
    """Remember how this visitor reads a table."""
    if is_table(path):
        _READINGS.set((_READINGS.get() or {}) | {path: reading})


def _folder() -> Path:
    return Path(os.path.abspath(runs_root() / "data"))


def _slug(name: str) -> str:
    """A file's name in letters of any alphabet, digits and dashes."""
    stem = unicodedata.normalize("NFC", table_name(name)).lower()
    return re.sub(r"[\W_]+", "-", stem).strip("-")[:40].strip("-") or "table"


def _ending(name: str) -> str:
    found = re.search(r"(\.(csv|tsv|txt)(\.gz)?|\.xlsx)$", name.lower())
    return found[0] if found else ".csv"
