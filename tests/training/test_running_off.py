"""A training that makes things worse says so, and what to change."""

import pytest

import autoencode_core as ac

DIGITS = ac.RunSpec(
    dataset="digits",
    particles=300,
    field="two_layer",
    expansion=2,
    horizon=2.0,
    depth=8,
    scheme="euler",
    fidelity=None,
    method="adam",
    batch_size=60,
    iterations=120,
)


def test_adam_that_runs_off_is_ended_with_the_remedy():
    run = ac.train(DIGITS.but(learning_rate=0.3))
    data_term = run.history["data_term"]
    assert run.status == "diverged" and run.message.startswith("Ran off: at iteration")
    assert "smaller first step (now 0.3)" in run.message
    assert 25 < len(data_term) < 100
    assert min(data_term[-25:]) > 4 * max(data_term[0], run.summary["pca_train_error"] * 0.9)
    calm = ac.train(DIGITS.but(learning_rate=0.02))
    assert calm.status == "finished" and "worse" not in calm.message


def test_the_remedy_helps():
    run = ac.train(DIGITS.but(learning_rate=0.05))
    assert run.status == "finished" and run.summary["test_error"] < run.summary["pca_test_error"]


@pytest.mark.parametrize("knobs", [{}, {"batch_size": 0}])
def test_one_too_short_to_be_ended_says_what_it_came_to(knobs):
    run = ac.train(DIGITS.but(learning_rate=0.3, iterations=12, **knobs))
    rest = run.summary["pca_train_error"]  # principal coordinates: without control the network is PCA
    assert run.status == "finished" and run.history["data_term"][-1] > 1.1 * rest
    assert "worse than no control at all" in run.message and f"{rest:.3g} at θ = 0" in run.message
    assert "smaller first step (now 0.3)" in run.message


def test_other_methods_name_another_remedy():
    run = ac.train(DIGITS.but(method="lbfgs", batch_size=0, iterations=1, init_scale=4.0))
    assert "worse than no control" in run.message and "smaller initial scale (now 4)" in run.message


def test_being_as_good_as_at_rest_is_not_worse():
    run = ac.train(ac.RunSpec(dataset="moons", particles=100, tikhonov=10.0, iterations=30))
    assert run.status in ("finished", "converged") and "worse" not in run.message
    flow = ac.RunSpec(dataset="moons", bottleneck=2, particles=100, iterations=5)  # at rest it errs by 0
    assert "worse" not in ac.train(flow).message
