"""A figure as a picture, drawn by Plotly itself in a browser without a window, as pages draw it."""

import io
import os
from typing import Any

import plotly.graph_objects as go
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from autoencode_core.errors import InputError
from autoencode_core.figures import theme


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
    import kaleido  # lazy: the server needs no browser

    paper = theme.colour("page", dark)
    drawn = go.Figure(figure).update_layout(paper_bgcolor=paper).to_plotly_json()
    size = {"format": "png", "width": width, "height": int(figure.layout.height or 450), "scale": scale}
    browser: dict[str, Any] = {"path": browser_path(), "mathjax": False}  # else MathJax is fetched
    try:
        made = kaleido.calc_fig_sync(drawn, opts=size, kopts=browser)
    except (RuntimeError, OSError, TimeoutError) as error:
        raise InputError("png", f"{browser['path']}: {error}", _REMEDY) from None
    about, out = PngInfo(), io.BytesIO()
    if words:
        about.add_itxt("Description", words)
    Image.open(io.BytesIO(made)).convert("RGB").save(out, "PNG", optimize=True, pnginfo=about)
    return out.getvalue()


def browser_path() -> str:
    """Path of a Chrome or Chromium: $BROWSER_PATH, what plotly_get_chrome has fetched, or an installed one.

    Raises:
        InputError: there is none.
    """
    from choreographer.browsers.chromium import Chromium  # lazy: the server needs no browser

    found = os.environ.get("BROWSER_PATH") or Chromium.find_browser(skip_local=False)
    if not found:
        raise InputError("png", "no browser", _REMEDY)
    return str(found)


_REMEDY = (
    "a picture where there is a Chrome or Chromium (plotly_get_chrome fetches one, BROWSER_PATH names one); "
    "--format html needs none"
)
