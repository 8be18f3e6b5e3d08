"""Truths about components that are turned off, against the trained model itself and scikit-learn's PCA."""

import numpy as np
import pytest
from lessons.direct import STORE, about
from sklearn.decomposition import PCA

from autoencode_core.errors import InputError
from autoencode_core.lessons.checks import CHECKS
from autoencode_core.training.records import run_of


def test_a_component_that_is_off_stays_where_it_is():
    record = STORE.record("gallery-s_curve")
    run = run_of(record)
    flow = run.model.flow(run.data.train[:50])
    active, states, half = np.asarray(flow.active), np.asarray(flow.states), len(flow.times) // 2
    off = [s for s in range(half) if not active[s, 2]]
    assert off and np.ptp(states[off, :, 2], axis=0).max() == 0
    assert CHECKS["what_it_does_when_off"](about("gallery-s_curve")).value == "stays"


def test_a_run_that_turns_nothing_off_is_refused():
    with pytest.raises(InputError):
        CHECKS["what_it_does_when_off"](about("gallery-bimodal"))


def test_at_rest_the_error_is_the_variance_of_what_is_dropped():
    probe = STORE.record("gallery-s_curve_high").probe
    inputs = np.asarray(probe["inputs"], float)
    spread = PCA().fit(np.asarray(run_of(STORE.record("gallery-s_curve_high")).data.train)).transform(inputs)
    mean = (spread**2).mean(axis=0)
    found = CHECKS["first_instead_of_last"](about("gallery-s_curve_high"))
    assert found.value == pytest.approx(mean[0] / mean[2], rel=1e-3)
    lost = (
        np.square(np.asarray(probe["flow_states"])[-1] - np.asarray(probe["flow_states"])[0])
        .sum(axis=1)
        .mean()
    )
    assert float(found.facts["last"]) == pytest.approx(lost, rel=5e-3)


def test_what_is_lost_at_rest_is_what_pca_leaves():
    run = run_of(STORE.record("gallery-digits"))
    train, test = (np.asarray(part, float) for part in (run.data.train, run.data.test))
    pca = PCA(n_components=8).fit(train)
    left = np.square(test - pca.inverse_transform(pca.transform(test))).sum()
    share = left / np.square(test - test.mean(axis=0)).sum()
    assert CHECKS["lost_at_rest"](about("gallery-digits")).value == pytest.approx(100 * share, rel=1e-3)
