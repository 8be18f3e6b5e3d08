"""From specs to what is trained on: data far from 0, orders, files that change."""

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.linear_model import LinearRegression

import autoencode_core as ac
from autoencode_core.data.loading import load
from autoencode_core.training.problem import Regime


def csv(path, columns):
    np.savetxt(path, np.stack(columns, 1), delimiter=",", header="a,b", comments="", fmt="%.17g")
    return str(path)


def test_data_far_from_zero_keep_their_digits(tmp_path):
    t = np.arange(200.0)
    path = csv(tmp_path / "time.csv", [1.7e5 + t, np.sin(t / 20)])
    run = ac.train(ac.RunSpec(dataset=path, tikhonov=1e-3, iterations=30))
    exact = run.model.reconstruct(run.data.source.test).double().numpy()
    scale = run.data.source.train.std(0)
    error = np.square((exact - run.data.source.test) / scale).sum(1).mean()
    # The output is float32, whose grid at 1.7e5 is 1/64: the error may be off by its square.
    assert abs(error - run.summary["test_error"]) < 0.001 + 0.01 * error


def test_data_that_single_precision_cannot_hold_are_refused(tmp_path):
    t = np.arange(200.0)
    path = csv(tmp_path / "time.csv", [1.7e12 + t, np.sin(t / 20)])
    with pytest.raises(ac.InputError, match=r"dtype = float32: allowed is float64 .*column 'a'"):
        ac.train(ac.RunSpec(dataset=path, tikhonov=1e-3, iterations=3))
    run = ac.train(ac.RunSpec(dataset=path, tikhonov=1e-3, iterations=3, dtype="float64"))
    assert run.status != "diverged"


@pytest.mark.parametrize("seed", range(4))
def test_variance_order_of_standardised_components_is_that_of_what_the_others_do_not_tell(seed):
    spec = ac.RunSpec(dataset="s_curve", coordinates="standard", order="variance", seed=seed)
    regime = Regime.of(spec)
    x = regime.data.source.train
    x = (x - x.mean(0)) / x.std(0)
    fits = [LinearRegression().fit(np.delete(x, j, 1), x[:, j]) for j in range(3)]
    left = [np.var(x[:, j] - fit.predict(np.delete(x, j, 1))) for j, fit in enumerate(fits)]
    assert list(np.asarray(regime.start.order)) == list(np.argsort(-np.array(left)))


def test_a_run_of_a_file_that_changed_loads_and_says_so(tmp_path):
    t = np.linspace(0, 1, 200)
    path = csv(tmp_path / "mine.csv", [t, t**2])
    run = ac.train(ac.RunSpec(dataset=path, tikhonov=1e-3, iterations=3))
    store = ac.RunStore(tmp_path / "runs")
    run_id = store.save(run)
    assert torch.equal(store.load(run_id).data.test, run.data.test)
    csv(tmp_path / "mine.csv", [t, t**3])
    with pytest.raises(ac.InputError, match="the file as it was"):
        _ = store.load(run_id).data
    csv(tmp_path / "mine.csv", [t[:50], t[:50]])
    back = store.load(run_id)
    assert torch.equal(back.model.control.flatten(), run.model.control.flatten())
    with pytest.raises(ac.InputError, match="the file as it was"):
        _ = back.data


def test_the_summary_of_a_diverged_run_is_that_of_its_model():
    spec = ac.RunSpec(
        dataset="moons",
        depth=8,
        particles=100,
        method="adam",
        activation="relu",
        learning_rate=20.0,
        iterations=50,
    )
    run = ac.train(spec)
    assert run.status == "diverged"
    x = run.data.train
    error = float((run.model.reconstruct(x) - x).double().square().sum(1).mean())
    assert run.summary["train_error"] == pytest.approx(error, rel=1e-3)
    assert run.probe["snapshot_iterations"][-1] == run.history["iteration"][-2]


CASES = Path(__file__).parents[1] / "data" / "cases"
KEPT = {"reading": {"drop": "none"}}


def case(name, **knobs):
    knobs = {"bottleneck": 1, "tikhonov": 1e-3, "iterations": 30, **knobs}
    return ac.train(ac.RunSpec(dataset=str(CASES / f"{name}.csv"), **knobs))


@pytest.mark.parametrize("name", ["physics_units", "charges_only", "mixed_scales"])
@pytest.mark.parametrize("coordinates", ["standard", "correlation"])
def test_columns_of_any_size_train_as_if_their_unit_were_another(name, coordinates, tmp_path):
    run = case(name, coordinates=coordinates)
    x = np.loadtxt(CASES / f"{name}.csv", delimiter=",", skiprows=1)
    np.savetxt(tmp_path / "unit.csv", x / x.std(0), delimiter=",", header="a,b,c", comments="", fmt="%.17g")
    plain = ac.train(run.spec.but(dataset=str(tmp_path / "unit.csv")))
    assert run.summary["unexplained"] == pytest.approx(plain.summary["unexplained"], rel=1e-3)
    assert run.summary["test_variance"] > 1 and run.history["iteration"][-1] == 30


@pytest.mark.parametrize("coordinates", ["raw", "principal"])
@pytest.mark.parametrize("name", ["physics_units", "charges_only", "mixed_scales"])
def test_data_far_from_size_one_are_for_coordinates_that_scale(name, coordinates):
    with pytest.raises(
        ac.InputError, match=f"coordinates = {coordinates}: allowed is standard or correlation"
    ):
        case(name, coordinates=coordinates)


@pytest.mark.parametrize("coordinates", ["raw", "standard", "principal", "correlation"])
def test_a_constant_column_that_is_kept_changes_nothing(coordinates):
    kept, left_out = (case("constant_column_0.1", coordinates=coordinates, **more) for more in (KEPT, {}))
    assert kept.data.train.shape[1] == 3 and left_out.data.train.shape[1] == 2
    assert kept.summary["pca_unexplained"] == pytest.approx(left_out.summary["pca_unexplained"], rel=1e-6)
    assert kept.summary["test_variance"] == pytest.approx(left_out.summary["test_variance"], rel=1e-6)
    assert kept.summary["ode_difference"] < 0.02


def test_a_column_that_varies_by_rounding_is_named():
    with pytest.raises(ac.InputError, match=r"column 'b' = .*more than the rounding of their numbers"):
        case("near_constant", **KEPT)


def test_noise_is_in_units_of_each_column_where_coordinates_scale(tmp_path):
    rng = np.random.default_rng(0)
    columns = [1e-4 * rng.normal(size=4000), 1e4 * rng.normal(size=4000)]
    path = csv(tmp_path / "scales.csv", columns)
    spec = ac.RunSpec(dataset=path, task="denoise", noise=0.5, tikhonov=1e-3, iterations=1, bottleneck=1)
    for coordinates in ("correlation", "standard"):
        source = Regime.of(spec.but(coordinates=coordinates)).data.source
        added = (source.train - source.train_targets) / np.std(columns, axis=1)
        np.testing.assert_allclose(added.std(0), 0.5, rtol=0.05)
    source = load(path, 100, 0.5, 0, "denoise", "principal")
    np.testing.assert_allclose((source.train - source.train_targets).std(0), 0.5, rtol=0.2)
