"""What the lesson on PCA says, held to scikit-learn's PCA and to the histories."""

import numpy as np
import pytest
from lessons.direct import STORE, about
from sklearn.decomposition import PCA

from autoencode_core.lessons.checks.pca import (
    beside_pca,
    passes_pca,
    rebuilt_by_pca,
    share_dropped,
    times_better,
)
from autoencode_core.training.records import run_of

CLOUD, REST, LOW = "gallery-mean_field", "gallery-s_curve_high", "gallery-s_curve"


def test_the_marked_particle_goes_where_scikit_learn_rebuilds_it() -> None:
    inputs = STORE.record(CLOUD).probe["inputs"].astype(float)
    fitted = PCA(1).fit(inputs)
    made = fitted.inverse_transform(fitted.transform(inputs))
    one = np.linalg.norm(made - inputs, axis=1).argmax()
    assert rebuilt_by_pca(about(CLOUD)).places == [pytest.approx(made[one], abs=1e-6)]


def test_the_share_dropped_is_that_of_scikit_learn() -> None:
    inputs = STORE.record(REST).probe["inputs"].astype(float)
    kept = PCA(2).fit(inputs).explained_variance_ratio_.sum()
    assert share_dropped(about(REST)).value == pytest.approx(100 * (1 - kept), rel=1e-6)


def test_rest_is_pca_and_the_trained_flow_is_far_better() -> None:
    data = run_of(STORE.record(REST)).data
    train, test = data.train.double().numpy(), data.test.double().numpy()
    fitted = PCA(2).fit(train)
    errors = [
        np.square(fitted.inverse_transform(fitted.transform(x)) - x).sum(axis=1).mean() for x in (train, test)
    ]
    truth = beside_pca(about(REST))
    assert truth.value == "same" and float(truth.facts["error"]) == pytest.approx(errors[0], rel=1e-3)
    assert beside_pca(about(LOW)).value == "below"
    made = run_of(STORE.record(LOW)).model.reconstruct(data.test).double().numpy()
    found = np.square(made - test).sum(axis=1).mean()
    assert times_better(about(LOW)).value == pytest.approx(errors[1] / found, rel=0.02)


def test_the_error_first_falls_below_pca_where_the_history_says() -> None:
    record = STORE.record(LOW)
    when = int(passes_pca(about(LOW)).value)  # type: ignore[arg-type]  # a number
    data, iterations = record.history["data_term"], list(record.history["iteration"])
    at = iterations.index(when)
    assert data[at] < record.summary["pca_train_error"] <= min(data[:at])
    assert passes_pca(about(REST)).value == np.inf, "it never does"
