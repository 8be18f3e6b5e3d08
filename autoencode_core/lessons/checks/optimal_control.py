"""Training as optimal control: the price of the control, the costate, and the Hamiltonian."""

import numpy as np

from autoencode_core.figures.control.maximality import largest_drift
from autoencode_core.figures.numbers import percent
from autoencode_core.lessons.case import Case
from autoencode_core.lessons.judging import Truth
from autoencode_core.lessons.wording import number_of, plain
from autoencode_core.questions.control import HAMILTONIAN, ITERATION

STILL = 1e-9
"""A layer's control moves by less than this share of the largest move: it stays."""
ALIKE = 0.1
"""Rates that differ by a smaller share are the same."""


def price_share(case: Case) -> Truth:
    """Which share of J the control itself costs at the end of the training, in per cent."""
    history = case.record.history
    cost, data, price = (float(history[key][-1]) for key in ("cost", "data_term", "penalty"))
    facts = {"cost": plain(cost), "data": plain(data), "price": plain(price)}
    facts["size"] = plain(price / case.record.spec.weight)
    return Truth(100 * price / cost, facts)


def first_to_change(case: Case) -> Truth:
    """Which half's layers the first iteration from the kept control 0 changes."""
    found = case.ask(ITERATION, case.record, iteration=0)
    moves, half = found["trial_move"][-1], case.record.spec.depth // 2
    changed = moves > STILL * moves.max()
    encoder, decoder = changed[:half].any(), changed[half:].any()
    word = "all" if encoder and decoder else "encoder" if encoder else "decoder" if decoder else "none"
    costates = np.abs(found["costates"])
    facts = {
        "layers": plain(int(changed.sum())),
        "first": plain(int(np.flatnonzero(changed)[0]) + 1 if changed.any() else 0),
        "before": plain(float(costates[:half].max())),
        "after": plain(float(costates[-1].max())),
    }
    return Truth(word, facts)


def where_time_counts(case: Case) -> Truth:
    """In which half a little more time would lower J more: where the mean Hamiltonian is larger."""
    found = case.ask(HAMILTONIAN, case.record)
    values, half = found["hamiltonian"], case.record.spec.depth // 2
    encoder, decoder = float(values[:half].mean()), float(values[half:].mean())
    word = (
        "same"
        if abs(decoder - encoder) <= ALIKE * abs(encoder)
        else ("decoder" if decoder > encoder else "encoder")
    )
    step = number_of(case.record, "step")
    facts = {
        "encoder": plain(encoder, 2),
        "decoder": plain(decoder, 2),
        "gain": plain(step * decoder, 2),
        "drift": percent(largest_drift(found)),
    }
    return Truth(word, facts)


CHECKS = {
    "price_share": price_share,
    "first_to_change": first_to_change,
    "where_time_counts": where_time_counts,
}
