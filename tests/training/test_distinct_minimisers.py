from dataclasses import replace

import numpy as np
import pytest
import torch

from autoencode_core.errors import InputError
from autoencode_core.flow.autoencode import AutoencODE
from autoencode_core.spec import RunSpec
from autoencode_core.training.distinct_minimisers import maps_apart, number_minimisers, variance
from autoencode_core.training.selection import train

SPEC = RunSpec(
    dataset="s_curve",
    field="single_layer",
    depth=20,
    horizon=5.0,
    particles=200,
    iterations=80,
    tikhonov=1e-3,
)


@pytest.fixture(scope="module")
def run():
    return replace(train(SPEC), status="converged")


def like(run, control, cost):
    """A run with another control, at a known cost."""
    model: AutoencODE = run.model.with_control(control)
    return replace(run, model=model, history={**run.history, "cost": [cost]}, status="converged")


def nudged(vector, seed):
    return vector + 1e-4 * torch.randn(vector.shape, generator=torch.Generator().manual_seed(seed))


def test_two_known_minimisers_are_told_apart_and_numbered_from_the_lower_cost(run):
    trained = run.model.control.flatten()
    nothing = torch.zeros_like(trained)
    low, high = run.history["cost"][-1], 0.33
    runs = [
        like(run, nudged(nothing, 1), high),
        like(run, nudged(trained, 2), low),
        like(run, nudged(nothing, 3), high),
        like(run, nudged(trained, 4), low),
        like(run, nothing, high),
    ]
    assert number_minimisers(runs) == [1, 0, 1, 0, 1]
    assert number_minimisers(runs[::2]) == [0, 0, 0]


def test_the_maps_count_and_not_the_costs(run):
    """Two minimisers of one cost are two; two controls of one map are one."""
    trained = run.model.control.flatten()
    turned = like(run, torch.zeros_like(trained), run.history["cost"][-1])
    assert number_minimisers([run, turned]) == [0, 1]
    # With b in the place of nothing: in the last layer W and b of a component that is dropped reach nobody.
    assert number_minimisers([run, like(run, nudged(trained, 1), 99.0)]) == [0, 0]


def test_distances_are_those_of_the_reconstructions(run):
    other = like(run, torch.zeros_like(run.model.control.flatten()), 1.0)
    x = run.data.train
    apart = maps_apart([run, other])
    by_hand = (run.model.reconstruct(x) - other.model.reconstruct(x)).double().square().sum(1).mean()
    assert apart[0, 1] == pytest.approx(float(by_hand) / variance(run), rel=1e-6)
    assert apart[0, 0] == apart[1, 1] == 0
    assert variance(run) == pytest.approx(float(x.double().var(0, correction=0).sum()))


def test_particles_of_their_own_do_not_make_minimisers():
    """PCA of other particles is another map, but the same minimiser; a map that was trained is not."""
    runs = [train(SPEC.but(seed=seed, iterations=1)) for seed in range(4)]
    idle = [like(run, torch.zeros_like(run.model.control.flatten()), 0.33) for run in runs]
    assert maps_apart(idle).max() > 1e-3
    assert number_minimisers(idle) == [0, 0, 0, 0]
    trained = replace(train(SPEC.but(seed=3)), status="converged")
    assert number_minimisers([*idle[:3], trained]) == [1, 1, 1, 0]


def test_a_run_that_has_not_converged_found_none(run):
    trained = run.model.control.flatten()
    ways = ("finished", "stopped", "converged", "diverged")
    runs = [replace(like(run, nudged(trained, i), 0.1 * i), status=way) for i, way in enumerate(ways)]
    assert number_minimisers(runs) == [None, None, 0, None]
    assert number_minimisers(runs[:2]) == [None, None]


def test_a_run_that_diverged_found_none(run):
    broken = replace(like(run, torch.full_like(run.model.control.flatten(), torch.nan), 1.0))
    diverged = replace(run, status="diverged")
    assert number_minimisers([run, broken, diverged]) == [0, None, None]
    assert number_minimisers([diverged]) == [None]
    assert np.isnan(maps_apart([run, broken])[0, 1])


def test_classifiers_are_compared_by_their_codes():
    spec = RunSpec(dataset="moons", task="classify", particles=40, depth=4, horizon=1.0, iterations=3)
    runs = [train(spec), train(spec.but(seed=1, data_seed=0))]
    assert maps_apart(runs).shape == (2, 2)
    assert variance(runs[0]) == pytest.approx(1.0, rel=0.01)  # label positions -1 and 1


def test_no_run_and_other_data_are_refused(run):
    with pytest.raises(InputError, match="runs"):
        maps_apart([])
    with pytest.raises(InputError, match="different widths"):
        maps_apart([run, train(RunSpec(dataset="circle", particles=20, iterations=1))])
