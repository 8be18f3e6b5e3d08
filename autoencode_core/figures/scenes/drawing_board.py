"""What the drawing board needs to know: its limits, and the colours and marks of every figure."""

from typing import Any

from autoencode_core.data.drawing import CLASSES, EXTENT, FEWEST, MOST
from autoencode_core.figures import theme


def board_scene() -> dict[str, Any]:
    """The board for light and dark pages."""
    looks = {
        name: {
            "classes": theme.class_colours(len(CLASSES), dark),
            **{role: theme.colour(role, dark) for role in ("ink", "muted", "grid")},
        }
        for name, dark in (("light", False), ("dark", True))
    }
    return {"classes": CLASSES, "extent": EXTENT, "fewest": FEWEST, "most": MOST, "theme": looks}
