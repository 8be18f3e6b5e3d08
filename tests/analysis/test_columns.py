"""Errors of single columns against scikit-learn's PCA, and against a second look by hand."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

import autoencode_core as ac
from autoencode_core.analysis.columns import column_errors


@pytest.fixture
def path(tmp_path):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 80))
    x = np.stack([a, 1e3 * b, 1e-3 * (a * b + 0.1 * rng.normal(size=80))], 1)
    np.savetxt(tmp_path / "mine.csv", x, delimiter=",", header="mm,km,s", comments="", fmt="%.17g")
    return str(tmp_path / "mine.csv")


@pytest.mark.parametrize("coordinates", ["correlation", "principal"])
def test_every_column_has_an_error_in_its_own_unit(path, coordinates):
    spec = ac.RunSpec(dataset=path, coordinates=coordinates, tikhonov=1e-3, iterations=20, dtype="float64")
    run = ac.train(spec)
    found = column_errors(run)
    train, test = run.data.source.train, run.data.source.test
    made = run.model.decode(run.model.encode(test)).numpy()
    assert found["columns"] == ["mm", "km", "s"] and found["particles"] == len(test)
    np.testing.assert_allclose(found["network"], np.sqrt(((made - test) ** 2).mean(0)), rtol=1e-12)
    scaler = StandardScaler(with_std=coordinates == "correlation").fit(train)
    pca = PCA(2).fit(scaler.transform(train))
    plain = scaler.inverse_transform(pca.inverse_transform(pca.transform(scaler.transform(test))))
    np.testing.assert_allclose(found["pca"], np.sqrt(((plain - test) ** 2).mean(0)), rtol=1e-6)
    np.testing.assert_allclose(found["spread"], test.std(0))


def test_in_units_of_the_training_spread_they_add_up_to_the_error(path):
    run = ac.train(ac.RunSpec(dataset=path, tikhonov=1e-3, iterations=20, dtype="float64"))
    shares = column_errors(run)["network"] / run.data.source.train.std(0)
    assert np.square(shares).sum() == pytest.approx(run.summary["test_error"], rel=1e-9)


def test_a_classifier_reconstructs_nothing(path):
    run = ac.train(ac.RunSpec(dataset="moons", task="classify", iterations=2, bottleneck=1))
    with pytest.raises(ac.InputError, match="task = classify"):
        column_errors(run)
