from itertools import pairwise

import numpy as np
import pytest
from problems import RESIDUAL

import autoencode_core as ac
from autoencode_core.errors import InputError

SPEC = ac.RunSpec(
    **RESIDUAL,
    dataset="s_curve",
    field="single_layer",
    depth=20,
    horizon=5.0,
    particles=200,
    iterations=150,
    tikhonov=0.03,
)


def cost(run):
    return run.history["cost"]


def test_each_run_starts_where_the_one_before_ended():
    runs = ac.continuation(SPEC.but(iterations=10), [0.01, 0.003, 0.001])
    assert [run.spec.tikhonov for run in runs] == [0.01, 0.003, 0.001]
    assert cost(runs[0]) == cost(ac.train(SPEC.but(iterations=10, tikhonov=0.01)))
    for before, after in pairwise(runs):
        square = before.model.control.norm() ** 2
        expected = before.history["data_term"][-1] + after.spec.tikhonov * square
        assert cost(after)[0] == pytest.approx(expected, rel=1e-5)


def test_a_given_run_is_the_first_start():
    start = ac.train(SPEC.but(iterations=5, tikhonov=1e-3))
    (run,) = ac.continuation(SPEC.but(iterations=1), [0.002], start=start)
    expected = start.history["data_term"][-1] + 0.002 * start.model.control.norm() ** 2
    assert cost(run)[0] == pytest.approx(expected, rel=1e-5)
    assert np.array_equal(run.path[1][0], start.model.control.flatten().numpy())
    assert run.summary["warm_start"] == 1e-3 and "Warm start" in run.message
    assert "warm_start" not in start.summary


def test_stop_ends_the_whole_continuation():
    seen = []

    def stop(progress):
        seen.append((progress.regime, progress.iteration))
        return "stop" if progress.regime == 1 and progress.iteration == 2 else None

    runs = ac.continuation(SPEC.but(iterations=4), [0.01, 0.003, 0.001], on_progress=stop)
    assert [run.status for run in runs] == ["finished", "stopped"]
    assert seen[-1] == (1, 2)


def test_a_start_of_another_shape_and_no_value_are_refused():
    other = ac.train(SPEC.but(depth=8, iterations=1))
    with pytest.raises(InputError, match="start"):
        ac.continuation(SPEC, [0.01], start=other)
    with pytest.raises(InputError, match="tikhonov"):
        ac.continuation(SPEC, [])


def test_hysteresis():
    """From the high side the flow stays PCA; from a good minimum it does not, at the very same weights.

    docs/theory.md, section 4: a first-order transition.
    """
    spec, weights = SPEC.but(particles=500, iterations=300), [0.001, 0.003, 0.01]
    down = ac.continuation(spec, [0.1, *weights[::-1]])
    start = min(ac.sweep(spec, tikhonov=[0.001], seeds=range(3)), key=lambda run: cost(run)[-1])
    up = ac.continuation(spec, [*weights, 0.1], start=start)
    pca = float(down[0].summary["pca_train_error"])
    assert [cost(run)[-1] for run in down] == pytest.approx([pca] * 4, rel=1e-3)
    for above, below in zip(down[:0:-1], up, strict=False):
        assert cost(below)[-1] < 0.9 * cost(above)[-1]
    assert cost(up[-1])[-1] == pytest.approx(pca, rel=1e-3)  # at 0.1 the good minimum is gone
