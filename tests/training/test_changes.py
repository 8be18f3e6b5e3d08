"""Changes by hand while a run trains: the new J from the next iteration on, and the run again by its spec."""

import numpy as np
import pytest
import torch

from autoencode_core.changes import Change
from autoencode_core.errors import InputError
from autoencode_core.spec import RunSpec
from autoencode_core.store.run_store import RunStore
from autoencode_core.training.continuation import continuation
from autoencode_core.training.loop import train_regimes
from autoencode_core.training.methods import METHODS
from autoencode_core.training.selection import train
from autoencode_core.training.sweep import sweep

SPEC = RunSpec(
    dataset="moons", bottleneck=1, depth=8, particles=60, iterations=30, seed=3, tolerance=0.0, tikhonov=1e-3
)
BY_HAND = (Change(iteration=6, tikhonov=0.03), Change(iteration=14, tikhonov=1e-4, step=0.05))
WHICH = [*METHODS, "batches"]


def of(method: str) -> RunSpec:
    return SPEC.but(method="adam", batch_size=16) if method == "batches" else SPEC.but(method=method)


def by_hand(*changes: Change):
    wanted = {change.iteration: change for change in changes}
    return lambda progress: wanted.get(progress.iteration)


def numbers(run) -> dict[str, list[float]]:
    return {key: column for key, column in run.history.items() if key not in ("seconds", "ode_difference")}


@pytest.mark.parametrize("method", WHICH)
def test_a_run_changed_by_hand_is_made_again_by_its_spec_to_the_bit(method, tmp_path):
    store, live = RunStore(tmp_path), train(of(method), by_hand(*BY_HAND))
    assert live.spec.changes == BY_HAND and live.spec.but(changes=()) == of(method)
    assert (live.spec.weight, live.spec.unchanged().tikhonov) == (1e-4, 1e-4)
    again = train(store.record(store.save(live)).spec)
    assert again.spec == live.spec and numbers(again) == numbers(live)
    assert torch.equal(again.model.control.vector, live.model.control.vector)


@pytest.mark.parametrize("method", WHICH)
def test_the_penalty_has_the_new_weight_from_the_next_iteration_on(method):
    run = train(of(method), by_hand(*BY_HAND))
    plain, cost = train(of(method)), np.array(run.history["cost"])
    assert run.history["cost"][:7] == plain.history["cost"][:7]
    iterations, controls = run.path
    for iteration, control in zip(iterations.tolist(), controls, strict=True):
        square = float((control.astype(float) ** 2).sum()) * run.spec.horizon / run.spec.depth
        assert run.history["penalty"][iteration] == pytest.approx(
            run.spec.weight_at(iteration) * square, rel=1e-4
        )
    assert np.allclose(cost, np.add(run.history["data_term"], run.history["penalty"]), rtol=1e-5)
    if method in ("pmp", "lbfgs"):  # J falls between the changes
        pieces = (cost[:7], cost[7:15], cost[15:])
        assert all((np.diff(piece) <= 1e-6 * piece[:-1]).all() for piece in pieces)


@pytest.mark.parametrize("method", ["pmp", "lbfgs"])
def test_a_run_whose_weight_was_changed_converges_to_a_minimum_of_the_new_cost(method):
    spec = of(method).but(dtype="float64", iterations=3000, tolerance=1e-5, tikhonov=1e-3, coordinates="raw")
    run = train(spec, by_hand(Change(iteration=25, tikhonov=0.3)))
    assert run.status == "converged" and run.history["gradient_norm"][-1] <= 1e-5
    weight = run.history["penalty"][-1] / (run.model.control.norm() ** 2)
    assert weight == pytest.approx(0.3)


def test_the_step_of_pmp_is_the_one_that_was_asked_for_and_adams_rate_follows_its_peak():
    run = train(of("pmp"), by_hand(Change(iteration=5, step=1e-3)))
    assert run.history["step"][6] == pytest.approx(1e-3)
    slow, usual = train(of("adam"), by_hand(Change(iteration=5, step=1e-3))), train(of("adam"))
    share = np.array(slow.history["step"][6:]) / np.array(usual.history["step"][6:])
    assert np.allclose(share, 1e-3 / usual.spec.learning_rate)
    turned, plain = train(of("lbfgs"), by_hand(Change(iteration=9, step=1e-3))), train(of("lbfgs"))
    assert turned.history["cost"][10] != plain.history["cost"][10]


@pytest.mark.parametrize("method", METHODS)
def test_more_sub_steps_keep_the_changes(method):
    """The step and λ outlive the doubling of the sub-steps that comes after them."""
    spec = of(method).but(scheme="euler", fidelity=0.01, init_scale=3.0, iterations=40, horizon=8.0)
    run = train(spec, by_hand(Change(iteration=2, tikhonov=1e-4, step=0.5)))
    assert run.history["substeps"][2] < run.history["substeps"][-1]
    weight = run.history["penalty"][-1] / (run.model.control.norm() ** 2)
    assert weight == pytest.approx(1e-4, rel=1e-3)
    again = train(run.spec)
    assert numbers(again) == numbers(run)


def test_a_change_by_hand_ends_the_log_that_a_spec_brings():
    spec = of("lbfgs").but(changes=BY_HAND)
    run = train(spec, by_hand(Change(iteration=10, tikhonov=0.5)))
    assert run.spec.changes == (BY_HAND[0], Change(iteration=10, tikhonov=0.5))
    same = train(spec, by_hand(Change(iteration=14, tikhonov=0.5)))
    assert same.spec.changes[1] == Change(iteration=14, tikhonov=0.5, step=0.05)


def test_a_pause_leaves_no_trace_but_its_end():
    import time

    def slow(progress):
        time.sleep(0.2 if progress.iteration == 3 else 0)
        return "idle" if progress.iteration == 8 else None

    run, plain = train(of("lbfgs"), slow), train(of("lbfgs"))
    assert numbers(run) == {key: column[:9] for key, column in numbers(plain).items()}
    assert run.history["seconds"][4] - run.history["seconds"][3] < 0.15
    assert run.status == "stopped" and "nobody resumed it" in run.message


@pytest.mark.parametrize(
    "change", [Change(iteration=4, tikhonov=1.0), Change(iteration=3), Change(iteration=2, step=1.0)]
)
def test_what_is_no_change_of_the_iteration_at_hand_is_refused(change):
    with pytest.raises(InputError, match="after 3"):
        train(of("lbfgs"), lambda progress: change if progress.iteration == 3 else None)


def test_several_runs_are_not_changed_by_hand():
    changed = SPEC.but(changes=BY_HAND)
    for refused in (
        lambda: sweep(changed, [1e-3, 1e-2]),
        lambda: continuation(changed, [1e-3]),
        lambda: train_regimes([changed, changed.but(seed=4)]),
        lambda: sweep(SPEC, [1e-3, 1e-2], on_progress=by_hand(Change(iteration=0, tikhonov=1.0))),
        lambda: continuation(SPEC, [1e-3], on_progress=by_hand(Change(iteration=0, tikhonov=1.0))),
    ):
        with pytest.raises(InputError, match="none where several runs"):
            refused()
