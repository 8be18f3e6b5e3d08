"""Where the app lies: inside the package where it was installed, around it in a clone (setup.py)."""

from functools import cache
from pathlib import Path

_INSIDE = Path(__file__).parent / "_app"

APP = _INSIDE if _INSIDE.is_dir() else Path(__file__).parents[1]
"""Folder of app.py, pages/, assets/ and docs/."""
ASSETS = APP / "assets"
"""Folder of the player, the gallery and the texts."""
GALLERY = ASSETS / "gallery"
"""Folder of the pretrained runs."""
DOCS = APP / "docs"
"""Folder of the texts that docstrings cite."""


@cache
def asset_text(*path: str) -> str:
    """A text of the folder of assets, read once.

    Args:
        path: of the file, part by part.
    """
    return ASSETS.joinpath(*path).read_text(encoding="utf-8")
