"""A direction of the control: codes and outputs of the probe as the control moves along it."""

from typing import Any

import numpy as np

from autoencode_core.figures.scenes.code import sequence
from autoencode_core.figures.scenes.parts import Part
from autoencode_core.questions.arrays import Floats
from autoencode_core.questions.regimes import FlatDirection
from autoencode_core.store.record import RunRecord


def flat_direction_scene(
    record: RunRecord, identity: str, moved: FlatDirection, axes: int = 2, **settings: Any
) -> Part:
    """Codes and outputs of the probe as the control moves along a direction.

    Args:
        record: the run.
        identity: its id and that of the direction.
        moved: what analysis.flat_direction says.
        axes: number of axes for codes of more than three numbers; those of the run itself.
        settings: entries of the scene's header.
    """
    amounts = _rounded(moved["amounts"])
    moving = list(zip(moved["codes"], moved["outputs"], strict=True))
    words = f"Codes and outputs at {len(amounts)} controls along a direction through the trained one."
    middle = len(amounts) // 2
    return sequence(
        record,
        identity,
        axes,
        moving,
        ("s =", amounts),
        alt=words,
        **{"autoplay": True, "start": float(middle), **settings},
    )


def _rounded(amounts: Floats) -> Floats:
    """Evenly spaced numbers (m,) with the digits that tell them apart; 0 has no sign."""
    step = float(np.abs(np.diff(amounts)).max(initial=0.0))
    digits = -int(np.floor(np.log10(step))) if step else 6
    return np.asarray(np.round(amounts, digits) + 0.0)
