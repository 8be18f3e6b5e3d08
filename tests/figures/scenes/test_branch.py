"""The flows of a branch under one slider of λ."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from reading import read_scene

from autoencode_core.errors import InputError
from autoencode_core.figures.scenes.branch import AS_PCA, branch_scene, branch_words, gives_up
from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.store.record import RunRecord
from autoencode_core.store.study import Outcome

Make = Callable[..., RunRecord]
WEIGHTS = (1e-3, 1e-2, 1e-1, 1.0)
PCA = 0.4


def outcome(weight: float, unexplained: float, cost: float = 0.1) -> Outcome:
    """What became of a run of the upward branch."""
    return Outcome(
        weight,
        0,
        "up",
        "converged",
        9,
        cost,
        cost,
        cost,
        5.0,
        cost,
        cost,
        0.0,
        unexplained=unexplained,
    )


def branch(make: Make, shares: tuple[float, ...]) -> tuple[list[Outcome], list[RunRecord]]:
    """As many runs as shares that are left unexplained, each with another flow."""
    outcomes = [outcome(weight, share) for weight, share in zip(WEIGHTS, shares, strict=False)]
    records = [make(2, k=1, push=0.2 * (i + 1)) for i in range(len(shares))]
    known = [replace(record, summary={**record.summary, "pca_unexplained": PCA}) for record in records]
    return outcomes, known


def test_all_runs_lie_in_one_pane_at_their_own_places(make: Make) -> None:
    outcomes, records = branch(make, (0.01, 0.1, 0.39, 0.4))
    scene = read_scene(encode(branch_scene(outcomes, records, "b")))
    pane, code = scene["panes"]
    low, high = np.asarray(pane["quanta"]).T
    for place, record in enumerate(records):
        states = low + (pane["branch"][place].astype(float) + 32767) / 65534 * (high - low)
        np.testing.assert_allclose(states[0], record.probe["flow_states"][0], atol=2e-3)
        np.testing.assert_allclose(states[-1], record.probe["flow_states"][-1], atol=2e-3)
    low, high = np.asarray(code["quanta"]).T
    for place, record in enumerate(records):
        z = low + (code["branch"][place, 0].astype(float) + 32767) / 65534 * (high - low)
        np.testing.assert_allclose(z, record.probe["snapshot_codes"][-1], atol=2e-3)
    np.testing.assert_array_equal(pane["positions"], pane["branch"][scene["tikhonov"]["first"]])
    assert scene["tikhonov"]["weights"] == list(WEIGHTS)
    assert not any("missing" in layer and layer["missing"] for layer in pane["layers"])


@pytest.mark.parametrize(
    "shares, place",
    [
        ((0.01, 0.1, 0.39, 0.4), 2),
        ((0.01, 0.4, 0.1, 0.4), 3),  # for good, not in between
        ((0.4, 0.4, 0.4, 0.4), 0),
        ((0.01, 0.02, 0.03, 0.1), None),
        ((0.01, 0.02, AS_PCA * PCA, 0.4), 2),
    ],
)
def test_it_gives_up_where_no_more_is_explained_than_by_pca(make: Make, shares, place) -> None:
    outcomes, records = branch(make, shares)
    assert gives_up(outcomes, records) == place
    words = branch_words(outcomes, records)
    assert ("than by PCA" in words) == (place is not None)
    assert place is None or f"from λ = {WEIGHTS[place]:g} on" in words


def test_where_standing_still_is_cheaper_is_told(make: Make) -> None:
    outcomes, records = branch(make, (0.01, 0.1, 0.39, 0.4))
    outcomes = [replace(each, cost=cost) for each, cost in zip(outcomes, (0.1, 0.5, 0.6, 0.3), strict=True)]
    assert branch_scene(outcomes, records, "b", rest=0.4)["tikhonov"]["cheaper"] == 1
    assert branch_scene(outcomes, records, "b")["tikhonov"]["cheaper"] is None


def test_what_is_no_branch_is_refused(make: Make) -> None:
    outcomes, records = branch(make, (0.01, 0.1, 0.39))
    for wrong in (outcomes[::-1], [outcomes[0], *outcomes[:2]], [outcome(0.0, 0.1), *outcomes[1:]]):
        with pytest.raises(InputError, match="tikhonov"):
            branch_scene(wrong, records, "b")
    with pytest.raises(InputError, match="records"):
        branch_scene(outcomes[:1], records[:1], "b")
    with pytest.raises(InputError, match="same data"):
        branch_scene(outcomes[:2], [records[0], make(2, k=1, n=30)], "b")
