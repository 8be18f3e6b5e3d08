"""A person's own files of images (IDX): checked, then kept by their content under the folder of the runs."""

import hashlib
import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from autoencode_core.data.idx import axes_of, read_pair
from autoencode_core.errors import InputError
from autoencode_core.store.plain_json import write
from pages.shared.setup import runs_root

_KEPT = re.compile(r"[0-9a-f]{12}-[a-z0-9-]*images-idx3-ubyte(\.gz)?")
_KINDS = {3: "images", 1: "labels"}
_GZIP = b"\x1f\x8b"


class Upload(NamedTuple):
    """A file as it was uploaded: its name and content."""

    name: str
    data: bytes


def keep(files: Sequence[Upload]) -> str:
    """Store a file of images, and its labels if they were uploaded with it; the same content is stored once.

    Args:
        files: one file of images and perhaps one of labels, known by their content, in any order.

    Returns:
        The path of the images, which names them as a data set.

    Raises:
        InputError: one is no IDX file within the limits, there is not one of images, or there are not as many
            labels as images.
    """
    with tempfile.TemporaryDirectory() as aside:
        found = _sorted_out(files, Path(aside))
        digest = hashlib.sha256(b"".join(files[place].data for place in found.values())).hexdigest()
        stem = f"{digest[:12]}-{_slug(files[found['images']].name)}"
        names = {kind: _name(stem, kind, files[place]) for kind, place in found.items()}
        for kind, place in found.items():
            (Path(aside) / str(place)).rename(Path(aside) / names[kind])
        read_pair(Path(aside) / names["images"])
    folder = runs_root() / "data"
    folder.mkdir(parents=True, exist_ok=True)
    for kind in ("labels", "images"):  # images without their labels are never seen
        if kind in found and not (folder / names[kind]).exists():
            _write(folder / names[kind], files[found[kind]].data)
    return str(folder / names["images"])


def _sorted_out(files: Sequence[Upload], aside: Path) -> dict[str, int]:
    """Which file holds the images and which the labels; they are laid into a folder by their number."""
    found: dict[str, int] = {}
    for place, file in enumerate(files):
        path = aside / str(place)
        path.write_bytes(file.data)
        kind = _KINDS.get(axes_of(path, file.name))
        if kind is None or kind in found:
            raise InputError("file", file.name, "one IDX file of images, and perhaps one of their labels")
        found[kind] = place
    if "images" not in found:
        raise InputError("file", files[0].name if files else "", "a file of images (idx3) with it")
    return dict(sorted(found.items()))


def _write(target: Path, data: bytes) -> None:
    """A file written whole or not at all."""
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".tmp-") as hidden:
        write(Path(hidden) / target.name, data)
        os.replace(Path(hidden) / target.name, target)


def uploaded() -> list[str]:
    """Paths of the files of images uploaded so far, by name."""
    folder = runs_root() / "data"
    if not folder.is_dir():
        return []
    found = (path for path in folder.iterdir() if _KEPT.fullmatch(path.name) and path.is_file())
    return [str(path) for path in sorted(found, key=lambda path: (path.name[13:], path.name))]


def titles(paths: Sequence[str]) -> dict[str, str]:
    """What each file is called on screen; where two share a name, with the start of their digest."""
    names = {path: Path(path).name[13:] for path in paths}
    alike = [name for name in names.values() if list(names.values()).count(name) > 1]
    return {p: f"{n} ({Path(p).name[:4]})" if n in alike else n for p, n in names.items()}


def _slug(name: str) -> str:
    """The part of a file's name that tells sets apart, as "train-", or nothing."""
    stem = re.split(r"[-._]?(images|labels)|[-._]?idx", name.replace("\\", "/").rsplit("/", 1)[-1].lower())[0]
    slug = re.sub(r"[^a-z0-9]+", "-", stem).strip("-")[:40].strip("-")
    return f"{slug}-" if slug else ""


def _name(stem: str, kind: str, file: Upload) -> str:
    return f"{stem}{kind}-idx{3 if kind == 'images' else 1}-ubyte" + (".gz" if file.data[:2] == _GZIP else "")
