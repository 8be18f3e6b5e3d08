"""Particles and measures: samples of a law, the law that moves, and the state that is doubled."""

import numpy as np

from autoencode_core.figures.mean_field.doubled import jump
from autoencode_core.figures.numbers import percent, power
from autoencode_core.figures.scenes.density import drawn_view
from autoencode_core.lessons.case import Ask, Case
from autoencode_core.lessons.judging import Truth
from autoencode_core.lessons.wording import plain
from autoencode_core.questions.lessons import SCATTER
from autoencode_core.questions.mean_field import DOUBLED, PUSH, Doubled, Push
from autoencode_core.store.record import RunRecord

ROUNDING = 1e-4
"""A distance of outputs up to which two forms of a flow are the same but for rounding."""
PARTICLES = 200
"""Of the doubled state."""


def particles_for_half(case: Case) -> Truth:
    """With how many particles the data term scatters half as much as with the setting `of`."""
    found, few = case.ask(SCATTER, case.record), case.number("of", 100)
    counts, scatter, rate = np.log(found["counts"]), np.log(found["scatter"]), found["exponent"]
    level = float(np.exp(scatter.mean() + rate * (np.log(few) - counts.mean())))
    facts = {
        "few": plain(few),
        "scatter": plain(level, 2),
        "half": plain(level / 2, 2),
        "exponent": plain(rate, 2),
        "mean": plain(found["mean"]),
    }
    return Truth(few * 2 ** (-1 / rate), facts)


def doubled_output(case: Case) -> Truth:
    """Whether the doubled form, which forgets nothing, ends where the network does."""
    found = asked_doubled(case.ask, case.record)
    word = "same" if found["apart"] <= ROUNDING else "other"
    apart = power(found["apart"]) if found["apart"] else "0"
    return Truth(word, {"apart": apart, "jump": plain(jump(found), 2)})


def mass_elsewhere(case: Case) -> Truth:
    """Which share of the mass lies elsewhere at T if a histogram is moved, not the sample, in per cent.

    The setting `cells` says how many cells it has along each component.
    """
    found, cells = asked_push(case.ask, case.record), int(case.number("cells", 32))
    row = list(found["cells"]).index(cells)
    ends, last = found["total_variation"][:, -1], len(found["cells"]) - 1
    facts = {
        "occupied": plain(float(found["occupied"][row])),
        "finest": plain(float(found["cells"][last])),
        "then": percent(float(ends[last])),
        "particles": plain(float(found["particles"])),
    }
    return Truth(100 * float(ends[row]), facts)


def asked_push(ask: Ask, record: RunRecord) -> Push:
    """The answer of PUSH on the axes that are drawn."""
    shown = drawn_view(record)
    return ask(PUSH, record, basis=shown.basis, center=shown.center)


def asked_doubled(ask: Ask, record: RunRecord) -> Doubled:
    """The answer of DOUBLED for as many particles as are drawn."""
    return ask(DOUBLED, record, particles=PARTICLES)


CHECKS = {
    "particles_for_half": particles_for_half,
    "doubled_output": doubled_output,
    "mass_elsewhere": mass_elsewhere,
}
