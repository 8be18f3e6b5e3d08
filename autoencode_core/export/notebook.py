"""A run in a notebook: the player in a frame of its own."""

import html
from typing import Any

from autoencode_core.export.run import run_page
from autoencode_core.figures.film.screen import Screen
from autoencode_core.training.records import record_of
from autoencode_core.training.run import Run


def show(run: Run, dark: bool, height: int) -> Any:
    """The flow in the player.

    Args:
        run: the run.
        dark: whether on a dark page.
        height: css pixels of the player's frame.

    Returns:
        An IPython.display.HTML.
    """
    from IPython.display import HTML  # lazy: whoever has no notebook needs no IPython

    page = html.escape(run_page(record_of(run), Screen(dark=dark)))
    frame = f'<iframe srcdoc="{page}" style="width: 100%; height: {height}px; border: 0"></iframe>'
    return HTML(f"<div>{frame}</div>")  # of a bare iframe IPython warns
