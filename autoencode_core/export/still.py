"""A figure as PNG, SVG or PDF, drawn by Plotly itself in a browser without a window, as pages draw it."""

import io
import json
import os
from typing import Any, Literal, get_args

import numpy as np
import plotly.graph_objects as go
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from autoencode_core.errors import InputError
from autoencode_core.figures import theme
from autoencode_core.questions.run import Export
from autoencode_core.report import Report

Kind = Literal["png", "svg", "pdf"]
KINDS: tuple[Kind, ...] = get_args(Kind)


def png(figure: go.Figure, dark: bool, width: int = 1200, scale: int = 2, words: str = "") -> bytes:
    """A figure as PNG; nothing is fetched from the network.

    Args:
        figure: the figure, with a height.
        dark: whether on a dark page.
        width: in pixels of the page.
        scale: pixels of the picture for each pixel of the page.
        words: what the picture shows, kept in the file.

    Raises:
        InputError: there is no browser, or it does not start.
    """
    about, out = PngInfo(), io.BytesIO()
    if words:
        about.add_itxt("Description", words)
    made = _drawn(figure, "png", dark, width, scale)
    Image.open(io.BytesIO(made)).convert("RGB").save(out, "PNG", optimize=True, pnginfo=about)
    return out.getvalue()


def still(figure: go.Figure, kind: Kind, dark: bool = False, width: int = 1200, words: str = "") -> bytes:
    """A figure as PNG, or in lines as SVG or PDF, whose words stay text.

    Args:
        figure: the figure, with a height.
        kind: which of these.
        dark: whether on a dark page.
        width: in pixels of the page.
        words: what the picture shows, kept in a PNG.

    Raises:
        InputError: an unknown kind, or there is no browser that draws it.
    """
    if kind not in KINDS:
        raise InputError("format", kind, theme.join(list(KINDS), "or"))
    return png(figure, dark, width, words=words) if kind == "png" else _drawn(figure, kind, dark, width, 1)


def figure_file(report: Report, *, figure: str, kind: Kind, dark: bool, name: str, words: str = "") -> Export:
    """A figure of a page as a file; a function of a worker, which may start a browser.

    Args:
        report: told of progress.
        figure: as JSON of Plotly.
        kind: png, svg or pdf.
        dark: whether it was drawn for a dark page.
        name: of the file, without its ending.
        words: what it shows.

    Raises:
        InputError: as `still`, or the figure is none.
    """
    report(None, "drawing")
    try:
        drawn = go.Figure(json.loads(figure), skip_invalid=False)
    except (ValueError, TypeError) as error:
        raise InputError("figure", str(error)[:80], "a figure of Plotly as JSON") from None
    made = still(drawn, kind, dark, words=words)
    mimes = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf"}
    return {"data": np.frombuffer(made, np.uint8), "name": f"{name}.{kind}", "mime": mimes[kind]}


def _drawn(figure: go.Figure, kind: Kind, dark: bool, width: int, scale: int) -> bytes:
    import kaleido  # lazy: the server needs no browser

    paper = theme.colour("page", dark)
    drawn = go.Figure(figure).update_layout(paper_bgcolor=paper).to_plotly_json()
    size = {"format": kind, "width": width, "height": int(figure.layout.height or 450), "scale": scale}
    browser: dict[str, Any] = {"path": browser_path(), "mathjax": False}  # else MathJax is fetched
    try:
        made: bytes = kaleido.calc_fig_sync(drawn, opts=size, kopts=browser)
    except (RuntimeError, OSError, TimeoutError) as error:
        raise InputError(kind, f"{browser['path']}: {error}", _REMEDY) from None
    return made


def browser_path() -> str:
    """Path of a Chrome or Chromium: $BROWSER_PATH, what plotly_get_chrome has fetched, or an installed one.

    Raises:
        InputError: there is none.
    """
    from choreographer.browsers.chromium import Chromium  # lazy: the server needs no browser

    found = os.environ.get("BROWSER_PATH") or Chromium.find_browser(skip_local=False)
    if not found:
        raise InputError("browser", "not there", _REMEDY)
    return str(found)


_REMEDY = (
    "a picture where there is a Chrome or Chromium (plotly_get_chrome fetches one, BROWSER_PATH names one); "
    "--format html needs none"
)
