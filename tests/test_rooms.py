"""Arrows go down only: no room of the core imports one above it, and none imports the pages."""

import ast
from pathlib import Path

import pytest

CORE = Path(__file__).parents[1] / "autoencode_core"
BELOW = (
    "data",
    "flow",
    "store",
    "training",
    "questions",
    "analysis",
    "figures",
    "lessons",
    "export",
    "workers",
    "desk",
    "cli",
)
"""The rooms from the ground up."""


def imports(path: Path) -> set[str]:
    """Modules that a file imports when it is itself imported, not later and not for types alone."""
    found: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
        elif isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
    return found


def rooms(path: Path) -> set[str]:
    """The rooms that a file leads to."""
    parts = (module.split(".") for module in imports(path))
    return {part[1] for part in parts if part[0] == CORE.name and len(part) > 1 and part[1] in BELOW}


@pytest.mark.parametrize("room", BELOW)
def test_no_arrow_goes_up(room):
    above = set(BELOW[BELOW.index(room) + 1 :])
    upwards = {
        path.relative_to(CORE).as_posix(): sorted(found)
        for path in (CORE / room).rglob("*.py")
        if (found := rooms(path) & above)
    }
    assert upwards == {}


def test_every_room_is_known():
    assert {path.parent.name for path in CORE.glob("*/__init__.py")} == set(BELOW)


def test_the_core_knows_no_page():
    for path in CORE.rglob("*.py"):
        assert not any(module.split(".")[0] in ("pages", "streamlit") for module in imports(path)), path
