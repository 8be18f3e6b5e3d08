"""A progress bar of a training, in a notebook or when asked for."""

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from autoencode_core.changes import Change
from autoencode_core.training.run import OnProgress, Progress

_DELAY = 0.5
"""Seconds before it shows: a training that is over by then needs none."""


@contextmanager
def with_bar(
    on_progress: OnProgress | None, iterations: int, wanted: bool | None
) -> Iterator[OnProgress | None]:
    """What is told of progress, and a bar besides.

    Args:
        on_progress: what is told anyway.
        iterations: most that may come, of all regimes together.
        wanted: whether there is a bar; None: in a notebook alone.
    """
    if not (in_notebook() if wanted is None else wanted):
        yield on_progress
        return
    with _bar(iterations) as bar:
        taken: dict[int, int] = {}

        def told(progress: Progress) -> str | Change | None:
            if progress.choosing is not None:
                bar.set_postfix_str(f"choosing λ by the data: {progress.choosing.share:.0%}", refresh=False)
                bar.update(0)
            else:
                taken[progress.regime] = progress.iteration
                bar.set_postfix_str(f"J = {progress.cost:.4g}", refresh=False)
                bar.update(sum(taken.values()) - bar.n)
            return None if on_progress is None else on_progress(progress)

        yield told


def in_notebook() -> bool:
    """Whether this is a Jupyter kernel."""
    shell = sys.modules.get("IPython")
    found = shell.get_ipython() if shell is not None else None
    return type(found).__name__ == "ZMQInteractiveShell"


def _bar(iterations: int) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # without Jupyter's widgets the bar is one of text, which is fine
        from tqdm.auto import tqdm
    return tqdm(total=iterations, unit="it", delay=_DELAY, leave=False)
