"""A person's own CSV files: checked, then kept by their content under the folder of the runs."""

import contextlib
import hashlib
import os
import re
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from autoencode_core.data.table import read_table
from pages.shared.setup import runs_root

_KEPT = re.compile(r"[0-9a-f]{12}-[a-z0-9-]+\.csv")


def keep(data: bytes, name: str) -> str:
    """Store an uploaded file; the same content is stored once.

    Args:
        data: content of the file.
        name: the name it was uploaded under.

    Returns:
        Its path, which names it as a data set.

    Raises:
        InputError: the content is no table of numbers within the limits of read_table.
    """
    stem = Path(name.replace("\\", "/")).stem
    read_table(data, stem)
    folder = runs_root() / "data"
    digest = hashlib.sha256(data).hexdigest()[:12]
    known = [path for path in uploaded() if Path(path).name.startswith(digest)]
    if known:
        return known[0]
    folder.mkdir(parents=True, exist_ok=True)
    slug = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:40].strip("-") or "table"
    target = folder / f"{digest}-{slug}.csv"
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
    folder = runs_root() / "data"
    if not folder.is_dir():
        return []
    found = (path for path in folder.iterdir() if _KEPT.fullmatch(path.name) and path.is_file())
    return [str(path) for path in sorted(found, key=lambda path: (path.name[13:], path.name))]


def labels(paths: Sequence[str]) -> dict[str, str]:
    """What each file is called on screen: its name, with the start of its digest where two share it."""
    names = {path: _name(Path(path).name) for path in paths}
    count = Counter(names.values())
    return {p: n if count[n] == 1 else f"{n} ({Path(p).name[:4]})" for p, n in names.items()}


def _name(file: str) -> str:
    return file[13:] if _KEPT.fullmatch(file) else file
