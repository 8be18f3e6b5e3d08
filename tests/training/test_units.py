"""No comparison knows the units of the columns, or their order."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autoencode_core as ac
from autoencode_core import analysis
from autoencode_core.analysis.latent.codes import neighbours
from autoencode_core.analysis.regimes.convexity import flat_direction
from autoencode_core.training.distinct_minimisers import maps_apart, number_minimisers

COLUMNS = 4


def table(exponents=(0,) * COLUMNS, order=range(COLUMNS)):
    """A bent sheet with noise in four columns, in units of 10^exponents, in another order."""
    rng = np.random.default_rng(7)
    a, b = rng.uniform(-1, 1, (2, 90))
    clean = np.stack([a, b, a**2 + b, a * b], 1) + 0.05 * rng.normal(size=(90, COLUMNS))
    return (clean * 10.0 ** np.asarray(exponents) + [0, 3, 0, 1] * 10.0 ** np.asarray(exponents))[
        :, list(order)
    ]


def figures(path, x):
    """What a person compares: shares, verdict, clusters and distances of the maps of two seeds."""
    labelled = np.column_stack([x, np.arange(90) % 3 < 1])
    np.savetxt(path, labelled, delimiter=",", header="a,b,c,d,label", comments="", fmt="%.17g")
    spec = ac.RunSpec(dataset=str(path), bottleneck=2, tikhonov=1e-3, iterations=40, tolerance=0.02)
    runs = ac.sweep(spec, seeds=[0, 1])
    first = runs[0].summary
    numbers = [
        run.summary[key] for run in runs for key in ("unexplained", "pca_unexplained", "ode_difference")
    ]
    numbers += [first["test_error"], first["train_error"], float(maps_apart(runs)[0, 1])]
    found = neighbours(runs[0], 3)
    numbers += [found[space] for space in ("code", "raw", "pca")]
    numbers += analysis.decode(runs[0], runs[0].model.encode(runs[0].data.test))["data_distance"].tolist()
    numbers += flat_direction(runs[0], np.ones(len(runs[0].model.control.flatten())), steps=3)[
        "moved"
    ].tolist()
    words = [analysis.steps(runs[0], substeps=(1, 2, 4), particles=20)["verdict"], *number_minimisers(runs)]
    words += [run.summary["unexplained"] < run.summary["pca_unexplained"] for run in runs]
    return numbers, words


@cache
def reference(folder):
    return figures(folder / "plain.csv", table())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("units")


@settings(max_examples=12, deadline=None)
@given(
    exponents=st.lists(st.integers(-6, 6), min_size=COLUMNS, max_size=COLUMNS),
    order=st.permutations(range(COLUMNS)),
)
def test_neither_units_nor_order_of_the_columns_change_a_comparison(folder, exponents, order):
    numbers, words = figures(folder / "scaled.csv", table(exponents, order))
    wanted, same = reference(folder)
    assert numbers == pytest.approx(wanted, rel=1e-3)
    assert words == same
