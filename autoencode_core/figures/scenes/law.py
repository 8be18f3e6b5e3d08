"""The law of moving particles as part of a pane: the player counts them where they are at its own t."""

import numpy as np
from numpy.typing import ArrayLike

from autoencode_core.figures.arrays import finite
from autoencode_core.figures.scenes.encoding import quantised
from autoencode_core.figures.scenes.parts import Part, near_box
from autoencode_core.questions.flow import Grid

_DARK = 0.998
"""Which of all cells with mass is drawn darkest."""


def moving_law(
    answer: Grid,
    places: ArrayLike,
    most: float,
    masses: ArrayLike | None = None,
    smooth: bool = False,
) -> Part:
    """What the player needs to show the law at any t: between two frames particles move on straight lines.

    Args:
        answer: the cells and the frames of the law.
        places: (F, m, c) on the axes of the cells.
        most: mass per cell that is drawn darkest.
        masses: (m,) of the particles, by default all the same.
        smooth: whether the counts are smoothed as in analysis.law.
    """
    edges = [edge for edge in (answer["x"], answer["y"]) if len(edge)]
    ranges = np.array([[edge[0], edge[-1]] for edge in edges])
    points = finite(np.asarray(places))
    box = near_box(points.reshape(-1, points.shape[-1]), ranges)
    return {
        "positions": quantised(points, box),
        "quanta": box.tolist(),
        "masses": None if masses is None else np.asarray(masses, np.float32),
        "times": answer["times"].tolist(),
        "range": ranges.tolist(),
        "bins": [len(edge) - 1 for edge in edges],
        "most": most,
        "smooth": smooth,
    }


def darkest(*laws: ArrayLike) -> float:
    """Mass of the cell that is drawn darkest, the same in all these laws.

    Args:
        laws: mass per cell at every frame, each (F, ny, nx).
    """
    found = [law[law > 0] for law in (np.nan_to_num(np.asarray(each, float)) for each in laws)]
    return max((float(np.quantile(some, _DARK)) for some in found if len(some)), default=1.0)


def law_words(shown: int, particles: int) -> str:
    """What a density is made of.

    Args:
        shown: particles that are counted.
        particles: particles that there are.
    """
    who = f"all {particles:,}" if shown == particles else f"{shown:,}, evenly chosen, of the {particles:,}"
    return (
        f"How {who} training particles are spread at this t, not only the drawn ones: counted where they are "
        "now, then smoothed."
    )
