import numpy as np
import pytest
import torch
from problems import RESIDUAL
from pydantic import ValidationError

import autoencode_core as ac
from autoencode_core.training import memory, sweep
from autoencode_core.training.sweep import batches

QUICK = {"dataset": "moons", "depth": 8, "particles": 100, "iterations": 25}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("method", ["adam", "pmp"])
def test_a_sweep_gives_what_train_gives(method, dtype):
    spec = ac.RunSpec(**QUICK, method=method, dtype=dtype)
    runs = ac.sweep(spec, tikhonov=[0.1, 0.001, 0.0], seeds=[0, 4])
    assert [(run.spec.tikhonov, run.spec.seed) for run in runs] == [
        (0.1, 0),
        (0.1, 4),
        (0.001, 0),
        (0.001, 4),
        (0.0, 0),
        (0.0, 4),
    ]
    for run in runs:
        alone = ac.train(run.spec)
        for key in ("cost", "data_term", "test_error", "gradient_norm"):
            np.testing.assert_allclose(run.history[key], alone.history[key], rtol=1e-5)
        assert run.status == alone.status and run.message == alone.message
        torch.testing.assert_close(
            run.model.control.flatten(), alone.model.control.flatten(), rtol=1e-4, atol=1e-5
        )
        np.testing.assert_array_equal(run.probe["snapshot_iterations"], alone.probe["snapshot_iterations"])
        np.testing.assert_allclose(
            run.probe["snapshot_outputs"], alone.probe["snapshot_outputs"], rtol=1e-4, atol=1e-4
        )


WEIGHTS = [1e-4, 50.0, 0.01]
"""The second one ends early, amid the others."""
NARROW = {**QUICK, "depth": 6, "particles": 103, "iterations": 20, "tolerance": 1e-4}
METHODS = {
    "lbfgs": {"method": "lbfgs"},
    "adam": {"method": "adam"},
    "adam in batches": {"method": "adam", "batch_size": 32},
    "pmp, control": {"method": "pmp", "metric": "control"},
    "pmp, field": {"method": "pmp"},
    "pmp, inner steps": {"method": "pmp", "inner_steps": 3},
}


def pairs(spec, weights=WEIGHTS):
    """Each run of a sweep, and what `train` gives for its spec."""
    return [(run, ac.train(run.spec)) for run in ac.sweep(spec, tikhonov=weights)]


def columns(run):
    return {key: column for key, column in run.history.items() if key != "seconds"}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("knobs", [{}, {"field": "two_layer", "activation": "softplus"}])
@pytest.mark.parametrize("method", ["lbfgs", "adam", "adam in batches", "pmp, control"])
def test_a_sweep_has_the_bits_of_each_run_alone(method, knobs, dtype):
    found = pairs(ac.RunSpec(**NARROW, **METHODS[method], **knobs, dtype=dtype))
    for run, alone in found:
        assert columns(run) == columns(alone) and run.message == alone.message
        assert torch.equal(run.model.control.flatten(), alone.model.control.flatten())
    ended = [len(run.history["cost"]) for run, _ in found]
    assert method.startswith("adam") or ended[1] < ended[0]


@pytest.mark.parametrize("knobs", [{}, {"field": "two_layer", "activation": "softplus"}])
def test_in_the_metric_of_the_field_a_sweep_agrees_to_a_millionth(knobs):
    for run, alone in pairs(ac.RunSpec(**NARROW, **METHODS["pmp, field"], **knobs, dtype="float64")):
        np.testing.assert_allclose(run.history["cost"], alone.history["cost"], rtol=1e-6)
        assert run.status == alone.status
        torch.testing.assert_close(
            run.model.control.flatten(), alone.model.control.flatten(), rtol=1e-6, atol=1e-6
        )


def test_spirals_end_where_they_end_alone():
    """lbfgs magnifies the last bit until the minimisers differ: 0.0381 alone, 0.0440 beside others once."""
    spec = ac.RunSpec(dataset="spirals", method="lbfgs", seed=3, particles=150, iterations=150)
    for run, alone in pairs(spec, [spec.tikhonov, 10 * spec.tikhonov, 0.1]):
        assert columns(run) == columns(alone)


def test_one_list_is_enough():
    spec = ac.RunSpec(**{**QUICK, "iterations": 2}, tikhonov=0.02, seed=3)
    assert [run.spec.seed for run in ac.sweep(spec, seeds=[1, 2])] == [1, 2]
    assert [run.spec.seed for run in ac.sweep(spec, tikhonov=[0.1])] == [3]
    assert [run.spec for run in ac.sweep(spec)] == [spec]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"tikhonov": [0.1, 0.2, 0.1]}, r"tikhonov = 0\.1: allowed is each value once"),
        ({"tikhonov": []}, "tikhonov = none: allowed is at least one value"),
        ({"seeds": [2, 2]}, r"seed = 2: allowed is each value once"),
        ({"seeds": []}, "seed = none"),
        ({"memory": 1000}, r"memory = 1,000 bytes: allowed is at least .*one regime"),
    ],
)
def test_bad_lists_are_named(asked, words):
    with pytest.raises(ac.InputError, match=words):
        ac.sweep(ac.RunSpec(**QUICK), **asked)


@pytest.mark.parametrize(
    "asked", [{"tikhonov": [0.1, -0.1]}, {"tikhonov": [float("nan")]}, {"seeds": [-1]}, {"seeds": [0.5]}]
)
def test_values_out_of_bounds_are_refused(asked):
    with pytest.raises(ValidationError, match=r"tikhonov|seed"):
        ac.sweep(ac.RunSpec(**QUICK), **asked)


def test_a_regime_that_diverges_is_reported_and_the_others_finish():
    spec = ac.RunSpec(
        **{**QUICK, "iterations": 6},
        method="adam",
        activation="relu",
        **RESIDUAL,
        horizon=100.0,
        init_scale=2.0,
    )
    runs = ac.sweep(spec, seeds=[0, 5])
    assert [run.status for run in runs] == ["diverged", "finished"]
    assert runs[0].message.startswith("Diverged at")
    assert len(runs[1].history["cost"]) == 7


def test_little_memory_makes_several_batches():
    spec = ac.RunSpec(**{**QUICK, "iterations": 4}, method="adam")
    room = memory.workspace_bytes(spec) + 2 * memory.regime_bytes(spec)
    seen = []
    runs = ac.sweep(
        spec, tikhonov=[0.1, 0.01, 0.001], seeds=[0], memory=room, on_progress=lambda p: seen.append(p.regime)
    )
    assert sorted(set(seen)) == [0, 1, 2] and seen == sorted(seen, key=lambda regime: regime // 2)
    whole = ac.sweep(spec, tikhonov=[0.1, 0.01, 0.001], seeds=[0])
    assert [run.history["cost"] for run in runs] == [run.history["cost"] for run in whole]


def test_stop_ends_one_regime():
    spec = ac.RunSpec(**QUICK)
    runs = ac.sweep(
        spec, seeds=[0, 1], on_progress=lambda p: "stop" if p.regime == 1 and p.iteration == 3 else None
    )
    assert [run.status == "stopped" for run in runs] == [False, True]
    assert len(runs[1].history["cost"]) == 4


def test_free_memory_bounds_a_batch(monkeypatch):
    specs = [ac.RunSpec(**QUICK, seed=seed) for seed in range(5)]
    each, shared = memory.regime_bytes(specs[0]), memory.workspace_bytes(specs[0])
    monkeypatch.setattr(sweep, "available", lambda spec, width: shared + 3 * each)
    assert [len(batch) for batch in batches(specs)] == [3, 2]


def test_the_estimate_holds_what_is_kept():
    """The parts that can be weighed: particles, controls, pairs."""
    spec = ac.RunSpec(dataset="digits", particles=1000, iterations=5, method="lbfgs")
    run = ac.train(spec)
    kept = sum(part.nbytes for part in (run.data.train, run.data.test, run.data.source.train))
    pairs = 2 * 50 * run.model.control.flatten().nbytes
    assert memory.regime_bytes(spec) > kept + pairs
    assert memory.size_in_words(5 * 2**30) == "5 GiB" and memory.size_in_words(10) == "10 bytes"
