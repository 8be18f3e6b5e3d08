"""A branch of runs as a scene: the flow at every λ of it, and a slider over λ that needs no training."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autoencode_core.errors import InputError
from autoencode_core.figures.arrays import at_layer_ends, codes, flow_states, view
from autoencode_core.figures.run.images import is_image_run
from autoencode_core.figures.scenes.flow import (
    Particles,
    code_pane,
    colours_of,
    flow_pane,
    flow_range,
    particles_digest,
    probe_particles,
)
from autoencode_core.figures.scenes.multiples import check_alike
from autoencode_core.figures.scenes.parts import EXIT_ERROR, Part, flow_timeline, scene
from autoencode_core.store.record import RunRecord
from autoencode_core.store.study import Outcome

Array = NDArray[Any]

AS_PCA = 0.95
"""Share of what PCA leaves unexplained from which on a flow has given up."""


def branch_scene(
    outcomes: Sequence[Outcome],
    records: Sequence[RunRecord],
    identity: str,
    rest: float | None = None,
    **settings: Any,
) -> Part:
    """The flow over t in [0, T] of runs that differ in λ alone; a slider morphs one into the next.

    Args:
        outcomes: what became of the runs, by ascending λ, at least two, each of its own λ above 0.
        records: the runs in the same order, neighbours near each other (a continuation), of one data set and
            architecture.
        identity: what is shown; another one forgets camera, time and λ.
        rest: J at θ = 0, where it is known.
        settings: entries of the scene's header.

    Raises:
        InputError: the runs do not fit, or one has no stored flow.
    """
    _check(outcomes, records)
    if len({len(flow_states(record)) for record in records}) > 1:  # sub-steps were doubled in some of them
        records = [at_layer_ends(record) for record in records]
    check_alike(records)
    limit = gives_up(outcomes, records)
    first = max(0, (len(records) if limit is None else limit) // 4)
    record = records[first]
    colours = [colour for colour in colours_of(record) if colour["name"] != EXIT_ERROR]  # that of one run
    return scene(
        identity,
        [_pane(records, first), _codes(records, first)],
        **{
            "height": 420,
            "alt": branch_words(outcomes, records),
            "timeline": flow_timeline(record),
            "n": flow_states(record).shape[1],
            "colours": colours,
            "group": particles_digest(record),
            "save": ["png", "html"],
            "tikhonov": {
                "weights": [outcome.tikhonov for outcome in outcomes],
                "unexplained": [float(outcome.unexplained or 0.0) for outcome in outcomes],
                "square": [outcome.square for outcome in outcomes],
                "pca": record.summary.get("pca_unexplained"),
                "limit": limit,
                "cheaper": next(
                    (i for i, o in enumerate(outcomes) if rest is not None and o.cost > rest), None
                ),
                "first": first,
            },
            **settings,
        },
    )


def gives_up(outcomes: Sequence[Outcome], records: Sequence[RunRecord]) -> int | None:
    """Place of the smallest λ from which on every run leaves AS_PCA or more of what PCA leaves unexplained.

    Args:
        outcomes: by ascending λ.
        records: the runs in the same order.

    Returns:
        None where there is no such λ, or where PCA has nothing to say.
    """
    pca = records[0].summary.get("pca_unexplained")
    if not pca:
        return None
    below = [i for i, outcome in enumerate(outcomes) if (outcome.unexplained or 0.0) < AS_PCA * pca]
    place = below[-1] + 1 if below else 0
    return place if place < len(outcomes) else None


def branch_words(outcomes: Sequence[Outcome], records: Sequence[RunRecord]) -> str:
    """What the branch shows, in a sentence.

    Args:
        outcomes: by ascending λ.
        records: the runs in the same order.
    """
    low, high = outcomes[0], outcomes[-1]
    said = (
        f"The flow of {len(outcomes)} runs from λ = {low.tikhonov:g} to {high.tikhonov:g}: "
        f"{_percent(low)} is left unexplained at the lowest, {_percent(high)} at the highest"
    )
    limit, pca = gives_up(outcomes, records), records[0].summary.get("pca_unexplained")
    if limit is None or not pca:
        return f"{said}."
    return (
        f"{said}; from λ = {outcomes[limit].tikhonov:g} on no more is explained than by PCA, {pca:.2g} left."
    )


def _percent(outcome: Outcome) -> str:
    return f"{100 * (outcome.unexplained or 0.0):.2g} %"


def _pane(records: Sequence[RunRecord], first: int) -> Part:
    """The particles of the first run to be seen, and in `branch` those of all, (R, F, n, c)."""
    shown = view(records[0])
    spans = np.stack([flow_range(record, shown) for record in records])
    ranges = np.stack([spans[..., 0].min(axis=0), spans[..., 1].max(axis=0)], axis=-1)
    each = [probe_particles(record, shown) for record in records]
    one = each[first]
    together = Particles(
        np.concatenate([particles.knots for particles in each]),
        one.goal,
        one.codes,
        one.hue,
        one.labels,
        one.errors,
    )
    pane = flow_pane(records[first], shown, together, {}, ranges)
    branch = pane["positions"].reshape(len(records), len(one.knots), *one.knots.shape[1:])
    pane |= {"branch": branch, "positions": branch[first]}
    pane["layers"] = [layer for layer in pane["layers"] if not layer["missing"]]
    return pane


def _codes(records: Sequence[RunRecord], first: int) -> Part:
    """The codes of the first run to be seen, and in `branch` those of all, (R, 1, n, c)."""
    every = [codes(record) for record in records]
    pane = code_pane(records[first], np.concatenate(every))
    branch = pane["positions"].reshape(len(records), 1, len(every[0]), -1)
    return pane | {"branch": branch, "positions": branch[first]}


def _check(outcomes: Sequence[Outcome], records: Sequence[RunRecord]) -> None:
    weights = [outcome.tikhonov for outcome in outcomes]
    if len(outcomes) != len(records) or len(records) < 2:
        raise InputError("records", len(records), f"one for each of {len(outcomes)} outcomes, at least two")
    if weights != sorted(set(weights)) or weights[0] <= 0:
        raise InputError("tikhonov", weights, "values of λ above 0, ascending, each once")
    if is_image_run(records[0]):
        raise InputError("records", "runs of images", "runs whose particles are drawn as points")
