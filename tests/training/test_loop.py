import numpy as np
import pytest
import torch
from problems import SCHEMES, STEPS, model, small_spec
from sklearn.decomposition import PCA

import autoencode_core as ac
from autoencode_core.store.history import HISTORY, MOST_SNAPSHOTS
from autoencode_core.training.loop import snapshot_iterations, train_regimes
from autoencode_core.training.objective import Objective

QUICK = {"dataset": "moons", "depth": 8, "particles": 100, "iterations": 30}


def test_history_has_its_keys_and_adds_up():
    run = ac.train(ac.RunSpec(**QUICK, tikhonov=0.01))
    assert tuple(run.history) == HISTORY
    assert {len(values) for values in run.history.values()} == {31}
    cost = np.array(run.history["data_term"]) + np.array(run.history["penalty"])
    np.testing.assert_allclose(run.history["cost"], cost, rtol=1e-6)


@pytest.mark.parametrize("coordinates", ["raw", "standard", "principal", "correlation"])
def test_errors_are_those_of_flow_coordinates_on_both_parts(coordinates):
    run = ac.train(ac.RunSpec(**QUICK, coordinates=coordinates, dtype="float64"))
    train = run.data.train.numpy()
    scale = train.std(0) if coordinates in ("standard", "correlation") else 1.0
    for part, data in (("train", run.data.train.numpy()), ("test", run.data.test.numpy())):
        apart = (run.model.reconstruct(data).numpy() - data) / scale
        error = np.square(apart).sum(1).mean()
        assert run.history[f"{part}_error"][-1] == pytest.approx(error, rel=1e-10)
        assert run.summary[f"{part}_error"] == run.history[f"{part}_error"][-1]
        assert run.summary[f"{part}_variance"] == pytest.approx((data / scale).var(0).sum(), rel=1e-10)
        pca = PCA(run.spec.bottleneck).fit(train / scale)
        apart = pca.inverse_transform(pca.transform(data / scale)) - data / scale
        assert run.summary[f"pca_{part}_error"] == pytest.approx(np.square(apart).sum(1).mean(), rel=1e-9)
    assert run.summary["unexplained"] == run.summary["test_error"] / run.summary["test_variance"]
    assert run.summary["pca_unexplained"] == run.summary["pca_test_error"] / run.summary["test_variance"]


def test_denoise_measures_against_the_clean_particles():
    run = ac.train(ac.RunSpec(**QUICK, task="denoise", noise=0.2, dtype="float64"))
    error = (run.model.reconstruct(run.data.test) - run.data.test_targets).square().sum(1).mean()
    assert run.summary["test_error"] == pytest.approx(float(error), rel=1e-10)
    assert not torch.equal(run.data.test, run.data.test_targets)


def test_stop_keeps_what_was_reached():
    run = ac.train(ac.RunSpec(**QUICK), lambda p: "stop" if p.iteration == 5 else None)
    assert run.status == "stopped" and run.history["iteration"][-1] == 5
    assert run.probe["snapshot_iterations"][-1] == 5


def test_early_stop_on_stationarity():
    run = ac.train(ac.RunSpec(**{**QUICK, "iterations": 500}, tikhonov=1.0, tolerance=1e-3))
    assert run.status == "converged" and "tolerance" in run.message
    assert run.history["gradient_norm"][-1] <= 1e-3
    assert len(run.history["cost"]) < 500


def test_divergence_at_the_start_is_named():
    spec = ac.RunSpec(**QUICK, activation="relu", field="two_layer", init_scale=10.0, horizon=100.0)
    run = ac.train(spec)
    assert run.status == "diverged" and run.message.startswith("Diverged at iteration 0")
    assert len(run.history["cost"]) == 1


def test_progress_carries_the_probe_and_a_live_snapshot():
    seen = []

    def watch(progress):
        seen.append((progress.iteration, progress.snapshot()))
        assert progress.probe["inputs"].shape == (100, 2)

    run = ac.train(ac.RunSpec(**{**QUICK, "iterations": 5}), watch)
    assert [iteration for iteration, _ in seen] == list(range(6))
    np.testing.assert_array_equal(seen[-1][1].outputs, run.probe["snapshot_outputs"][-1])
    assert not np.array_equal(seen[0][1].codes, seen[-1][1].codes)


def test_snapshots_are_few_and_include_both_ends():
    assert snapshot_iterations(1) == {0, 1}
    many = snapshot_iterations(5000)
    assert {0, 1, 5000} <= many and len(many) < MOST_SNAPSHOTS
    run = ac.train(ac.RunSpec(**QUICK))
    assert run.probe["snapshot_iterations"][[0, -1]].tolist() == [0, 30]
    assert run.probe["snapshot_codes"].shape == (len(run.probe["snapshot_iterations"]), 100, 1)


def test_classify_reaches_its_label_positions():
    run = ac.train(ac.RunSpec(dataset="moons", task="classify", particles=200, iterations=150))
    assert run.summary["accuracy"] > 0.97
    assert run.summary["pca_test_error"] is None
    assert run.model.encode(run.data.test).shape == (50, 1)


def test_variance_order_turns_off_the_quiet_component():
    quiet = ac.train(
        ac.RunSpec(dataset="digits", order="variance", coordinates="raw", iterations=1, particles=200)
    )
    kept = quiet.model.order[:8]
    spread = quiet.data.train.var(0)
    assert float(spread[kept].min()) >= float(spread[quiet.model.order[8:]].max())


def test_missing_device_is_named():
    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    with pytest.raises(ac.InputError, match=r"device = cuda: allowed is on this machine auto, cpu"):
        ac.train(ac.RunSpec(**QUICK, device="cuda"))


def blowing_up(scheme, substeps, dtype, layer=2, weight=3e9):
    """x' = w x in one layer alone, all else at rest; and where a particle runs away, by brute force."""
    spec = small_spec(
        field="single_layer",
        bottleneck=2,
        activation="identity",
        scheme=scheme,
        substeps=substeps,
        dtype=dtype,
        coordinates="raw",
    )
    node = model(spec).to(getattr(torch, dtype))
    vector = torch.zeros_like(node.control.flatten())
    node.architecture.shape.layers(vector[None])[layer][0][0] += weight * torch.eye(2).to(vector)
    h, x = 2.0 / 6 / substeps, torch.ones(1).double()
    for part in range(1, substeps + 1):
        x = STEPS[scheme](lambda u: weight * u, x, h)
        if float(x) > 1e18:
            return (
                node,
                vector,
                f"layer {layer}, sub-step {part} of {substeps} (t = {(layer + part / substeps) / 3:.3g})",
            )
    raise AssertionError("it does not run away")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("substeps", [3, 5])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_scheme_that_blows_up_amid_a_layer_is_told_with_its_place(scheme, substeps, dtype):
    node, vector, place = blowing_up(scheme, substeps, dtype)
    x = torch.ones(1, 2, 5, dtype=vector.dtype)
    objective = Objective(node.architecture, x, x, torch.zeros(1, dtype=vector.dtype))
    cause = objective.cause_of_divergence(vector[None], 0)
    assert place in cause and ("ran beyond 1e+18" in cause or "left the finite numbers" in cause)


def test_such_a_run_is_a_divergence_and_keeps_its_start():
    node, vector, place = blowing_up("rk4", 3, "float64", weight=1e60)
    (run,) = train_regimes([node.spec.but(particles=20)], starts=vector[None])
    assert run.status == "diverged" and run.message.startswith("Diverged at iteration 0")
    assert place in run.message and "first step" not in run.message  # none was taken
    assert torch.equal(run.model.control.flatten(), vector)
    assert run.summary.get("ode_difference") is None
