"""Text as Plotly writes it, on paper: lines, colours and sizes in a line, lowered and raised letters."""

from dataclasses import dataclass, replace
from html.parser import HTMLParser
from typing import Any

from matplotlib.patches import Rectangle

from autoencode_core.figures.film.paper import Paper, rgba

_SMALLER = 0.94
"""Matplotlib's own font is wider than that of pages."""
_LINE = 1.32
"""Height of a line in letters' sizes."""


@dataclass(frozen=True)
class Piece:
    """Letters of one look: their colour, size in pixels, and how far they are raised, in pixels."""

    text: str
    colour: str
    size: float
    raised: float = 0.0


class _Reader(HTMLParser):
    """Takes Plotly's markup apart: <br>, <span style>, <sub>, <sup>; other tags change nothing."""

    def __init__(self, colour: str, size: float) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[list[Piece]] = [[]]
        self._looks: list[tuple[str, Piece]] = [("", Piece("", colour, size))]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.lines.append([])
            return
        look = self._looks[-1][1]
        if tag in ("sub", "sup"):
            up = 0.35 if tag == "sup" else -0.25
            look = replace(look, size=0.72 * look.size, raised=up * look.size)
        style = dict(
            part.split(":", 1) for part in (dict(attrs).get("style") or "").split(";") if ":" in part
        )
        if "color" in style:
            look = replace(look, colour=style["color"].strip())
        if style.get("font-size", "").strip().endswith("px"):
            look = replace(look, size=float(style["font-size"].strip()[:-2]))
        self._looks.append((tag, look))

    def handle_endtag(self, tag: str) -> None:
        if len(self._looks) > 1 and self._looks[-1][0] == tag:
            self._looks.pop()

    def handle_data(self, data: str) -> None:
        self.lines[-1].append(replace(self._looks[-1][1], text=data))


def pieces(text: str, colour: str, size: float) -> list[list[Piece]]:
    """The lines of a text, each in pieces of one look.

    Args:
        text: with Plotly's markup.
        colour: where the text says none.
        size: in pixels, where the text says none.
    """
    reader = _Reader(colour, size)
    reader.feed(text)
    reader.close()
    return reader.lines


def write(
    paper: Paper,
    place: tuple[float, float],
    text: str,
    colour: str,
    size: float,
    anchor: tuple[str, str] = ("left", "bottom"),
    ground: str | None = None,
) -> None:
    """Writes a text with its markup.

    Args:
        paper: where.
        place: in pixels, y upwards.
        text: with Plotly's markup.
        colour: where the text says none.
        size: in pixels, where the text says none.
        anchor: which part of the text stands at the place: left, center or right; bottom, middle or top.
        ground: colour behind the text.
    """
    lines = pieces(text, colour, size)
    high = _LINE * size
    share = {"bottom": 1.0, "middle": 0.5, "top": 0.0}.get(anchor[1], 0.5)
    top = place[1] + share * high * len(lines)
    for number, line in enumerate(lines):
        drawn = [_piece(paper, piece) for piece in line]
        widths = [paper.width_of(found) for found in drawn]
        left = place[0] - {"center": 0.5, "right": 1.0}.get(anchor[0], 0.0) * sum(widths)
        base = top - high * (number + 0.78)
        if ground:
            _ground(paper, left, top - high * (number + 1), sum(widths), high, ground)
        for found, piece, wide in zip(drawn, line, widths, strict=True):
            found.set_position((left, base + piece.raised))
            left += wide


def _piece(paper: Paper, piece: Piece) -> Any:
    # Spaces at the ends have no extent of their own: a space that does not break has.
    letters = piece.text.replace(" ", "\u00a0")
    settings: dict[str, Any] = {"color": rgba(piece.colour), "va": "baseline", "ha": "left", "zorder": 9}
    return paper.text(0, 0, letters, size=_SMALLER * piece.size, **settings)


def _ground(paper: Paper, left: float, foot: float, wide: float, high: float, colour: str) -> None:
    look: dict[str, Any] = {"facecolor": rgba(colour), "linewidth": 0, "zorder": 8}
    paper.figure.add_artist(Rectangle((left, foot), wide, high, transform=paper.pixels, **look))
