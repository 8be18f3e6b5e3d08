"""From ResNet to ODE: what becomes of a network when its layers are cut in two."""

import numpy as np

from autoencode_core.figures.numbers import percent
from autoencode_core.lessons.case import Case
from autoencode_core.lessons.judging import Truth
from autoencode_core.lessons.wording import plain
from autoencode_core.questions.ode_limit import GEOMETRY, STEPS, Steps

SAME = 0.1
"""An error that changes by a smaller share than that stays as it is."""


def _at(found: Steps, factor: int) -> tuple[int, int]:
    """Where the network's own scheme stands, with so many times its sub-steps."""
    row = found["methods"].index(found["network_scheme"])
    place = int(np.flatnonzero(found["substeps"] == factor * found["network_substeps"])[0])
    return row, place


def error_at_half_step(case: Case) -> Truth:
    """Whether the error falls, stays or rises when each step becomes two of half the length.

    The control, the scheme and the particles stay as they are.
    """
    found = case.ask(STEPS, case.record)
    before, after = found["network_error"], float(found["error"][_at(found, 2)])
    ratio = after / before
    word = "stays" if abs(ratio - 1) <= SAME else "rises" if ratio > 1 else "falls"
    facts = {
        "before": plain(before),
        "after": plain(after),
        "times": plain(ratio, 2),
        "of_the_ode": plain(found["reference_error"]),
    }
    return Truth(word, facts)


def difference_at_half_step(case: Case) -> Truth:
    """By what factor the distance to the ODE's outputs shrinks when each step becomes two."""
    found = case.ask(STEPS, case.record)
    before, after = found["network_difference"], float(found["difference"][_at(found, 2)])
    facts = {
        "before": percent(before / found["spread"]),
        "after": percent(after / found["spread"]),
        "order": plain(float(np.log2(before / after)), 2),
    }
    return Truth(before / after, facts)


def folding_layers(case: Case) -> Truth:
    """In how many layers of the first run a step turns some particle's neighbourhood inside out.

    The facts tell the same of a second run.
    """
    found = [case.ask(GEOMETRY, record) for record in case.records]
    folded, *others = (int((answer["folded"] > 0).sum()) for answer in found)
    facts = {"in_the_other": str(others[0]) if others else "none", "particles": str(found[0]["particles"])}
    return Truth(float(folded), facts)


CHECKS = {
    "folding_layers": folding_layers,
    "error_at_half_step": error_at_half_step,
    "difference_at_half_step": difference_at_half_step,
}
