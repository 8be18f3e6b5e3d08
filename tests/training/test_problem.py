"""From specs to what is trained on: data far from 0, orders, files that change."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LinearRegression

import autoencode_core as ac
from autoencode_core.training.problem import Regime


def csv(path, columns):
    np.savetxt(path, np.stack(columns, 1), delimiter=",", header="a,b", comments="", fmt="%.17g")
    return str(path)


def test_data_far_from_zero_keep_their_digits(tmp_path):
    t = np.arange(200.0)
    path = csv(tmp_path / "time.csv", [1.7e5 + t, np.sin(t / 20)])
    run = ac.train(ac.RunSpec(dataset=path, iterations=30))
    exact = run.model.reconstruct(run.data.source.test).double().numpy()
    scale = run.data.source.train.std(0)
    error = np.square((exact - run.data.source.test) / scale).sum(1).mean()
    # The output is float32, whose grid at 1.7e5 is 1/64: the error may be off by its square.
    assert abs(error - run.summary["test_error"]) < 0.001 + 0.01 * error


def test_data_that_single_precision_cannot_hold_are_refused(tmp_path):
    t = np.arange(200.0)
    path = csv(tmp_path / "time.csv", [1.7e12 + t, np.sin(t / 20)])
    with pytest.raises(ac.InputError, match=r"dtype = float32: allowed is float64 .*column 'a'"):
        ac.train(ac.RunSpec(dataset=path, iterations=3))
    assert ac.train(ac.RunSpec(dataset=path, iterations=3, dtype="float64")).status != "diverged"


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
    run = ac.train(ac.RunSpec(dataset=path, iterations=3))
    store = ac.RunStore(tmp_path / "runs")
    run_id = store.save(run)
    assert torch.equal(store.load(run_id).data.test, run.data.test)
    csv(tmp_path / "mine.csv", [t, t**3])
    with pytest.raises(ac.InputError, match="the file as it was"):
        _ = store.load(run_id).data
    csv(tmp_path / "mine.csv", [t[:50], t[:50]])
    back = store.load(run_id)
    assert torch.equal(back.model.control.flatten(), run.model.control.flatten())
    with pytest.raises(ac.InputError, match="particles"):
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
