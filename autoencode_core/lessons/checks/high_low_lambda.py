"""High and low Tikhonov weight: where the flow gives up, how many minimisers there are, how unlike."""

import numpy as np

from autoencode_core.errors import InputError
from autoencode_core.lessons.case import Case
from autoencode_core.lessons.judging import Truth
from autoencode_core.lessons.wording import plain
from autoencode_core.store.study import Outcome, Study

STILL = 1e-2
"""‖θ‖ up to which a flow counts as at rest: in T = 1 it moves a particle by about that share of its way."""


def _at(study: Study, weight: float) -> list[Outcome]:
    return [study.outcomes[place] for place in study.at(weight)]


def _at_rest(study: Study, weight: float) -> bool:
    """Whether at a λ every seed ends at rest."""
    return all(np.sqrt(outcome.square) <= STILL for outcome in _at(study, weight))


def where_the_flow_gives_up(case: Case) -> Truth:
    """The lowest λ of a strip from which on every seed ends at rest."""
    study = case.study
    weights = study.weights
    moving = [weight for weight in weights if not _at_rest(study, weight)]
    resting = [weight for weight in weights if not moving or weight > moving[-1]]
    if not moving or not resting:
        raise InputError("study", study.name, "a strip whose flows move at a low λ and rest at a high one")
    best = min(_at(study, moving[-1]), key=lambda outcome: outcome.cost)
    pca = case.member(study.best(moving[-1]) or 0).summary["pca_train_error"] or float("nan")
    facts = {"below": plain(moving[-1]), "error": plain(best.data_term), "size": plain(best.square)}
    facts["even"] = plain((pca - best.data_term) / best.square, 2)
    return Truth(float(resting[0]), facts)


def minimisers_at_the_lowest(case: Case) -> Truth:
    """How many different maps the seeds of the lowest λ of a strip end in."""
    study = case.study
    outcomes = _at(study, study.weights[0])
    facts = {"weight": plain(study.weights[0]), "seeds": str(len(outcomes))}
    return Truth(float(study.minimisers(study.weights[0])), facts)


def worst_against_best(case: Case) -> Truth:
    """How many times as large J of the worst seed is as that of the best, at the lowest λ of a strip."""
    study = case.study
    costs = [outcome.cost for outcome in _at(study, study.weights[0])]
    return Truth(max(costs) / min(costs), {"best": plain(min(costs)), "worst": plain(max(costs))})


CHECKS = {
    "where_the_flow_gives_up": where_the_flow_gives_up,
    "minimisers_at_the_lowest": minimisers_at_the_lowest,
    "worst_against_best": worst_against_best,
}
