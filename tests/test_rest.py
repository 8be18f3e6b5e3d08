"""The level of θ = 0 is called PCA exactly where the network at θ = 0 is PCA, as scikit-learn computes it."""

from functools import cache

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.decomposition import PCA

from autoencode_core.rest import rest_is_pca, rest_name
from autoencode_core.spec import RunSpec
from autoencode_core.training.problem import Regime
from autoencode_core.training.run import load_data

SETS = {"s_curve": 3, "bimodal_2d": 2, "spirals": 2}
"""Data sets by width: with labels, with targets of their own, and with neither."""


@cache
def loaded(dataset, task, noise):
    return load_data(RunSpec(dataset=dataset, task=task, noise=noise, particles=60, dtype="float64"))


def error_at_rest(spec):
    """Of the network itself at θ = 0, on test particles and their targets."""
    data = loaded(spec.dataset, spec.task, spec.noise)
    start = Regime.of(spec, data).start
    model = start.with_control(torch.zeros_like(start.control.flatten()))
    if spec.task == "classify":
        return None
    missed = model.reconstruct(data.test).numpy() - data.test_targets.numpy()
    return float(np.square(missed).sum(1).mean())


def error_of_pca(spec):
    """Of scikit-learn, fitted on the training particles and held against the clean test particles."""
    data = loaded(spec.dataset, spec.task, spec.noise)
    pca = PCA(spec.bottleneck).fit(data.train.numpy())
    clean = (data.test if spec.task in ("transport", "classify") else data.test_targets).numpy()
    missed = pca.inverse_transform(pca.transform(data.test.numpy())) - clean
    return float(np.square(missed).sum(1).mean())


@st.composite
def specs(draw):
    dataset, task = draw(
        st.sampled_from(
            [
                ("s_curve", "reconstruct"),
                ("s_curve", "denoise"),
                ("bimodal_2d", "transport"),
                ("spirals", "classify"),
            ]
        )
    )
    width = SETS[dataset]
    order = st.sampled_from(["natural", "reversed", "variance"]) | st.permutations(range(width)).map(tuple)
    return RunSpec(
        dataset=dataset,
        task=task,
        bottleneck=draw(st.integers(1, width)),
        coordinates=draw(st.sampled_from(["raw", "standard", "principal"])),
        order=draw(order),
        field=draw(st.sampled_from(["single_layer", "two_layer"])),
        activation=draw(st.sampled_from(["tanh", "softplus", "relu"])),
        noise=0.1,
        particles=60,
        depth=4,
        dtype="float64",
        device="cpu",
    )


@given(specs())
def test_the_level_is_called_pca_exactly_where_it_is_that(spec):
    found = error_at_rest(spec)
    same = found is not None and found == pytest.approx(error_of_pca(spec), rel=1e-9)
    assert rest_name(spec) == ("PCA" if rest_is_pca(spec) else "θ = 0")
    if rest_is_pca(spec):
        assert same
    elif spec.bottleneck < SETS[spec.dataset]:  # where nothing is dropped, there is no component to choose
        assert not same


@pytest.mark.parametrize(
    ("knobs", "named"),
    [
        ({}, True),
        ({"order": "variance"}, True),
        ({"order": (1, 0, 2)}, True),
        ({"task": "denoise"}, True),
        ({"activation": "softplus", "field": "two_layer"}, True),
        ({"order": "reversed"}, False),
        ({"order": (0, 2, 1)}, False),
        ({"coordinates": "raw"}, False),
        ({"activation": "softplus", "field": "single_layer"}, False),
        ({"dataset": "bimodal_2d", "task": "transport", "bottleneck": 1}, False),
        ({"dataset": "spirals", "task": "classify"}, False),
    ],
)
def test_what_pca_needs(knobs, named):
    spec = RunSpec(**{"dataset": "s_curve", "bottleneck": 2, "particles": 60, **knobs})
    assert rest_is_pca(spec) is named


def test_reversed_order_keeps_the_least():
    spec = RunSpec(dataset="s_curve", bottleneck=2, particles=60, order="reversed", dtype="float64")
    assert error_at_rest(spec) > 3 * error_of_pca(spec)
