"""Lanczos on operators whose spectrum is known: what it finds, and what it claims to be certain of."""

import numpy as np
import pytest
import torch

from autoencode_core.training import lanczos
from autoencode_core.training.lanczos import Lanczos


def space_of(values, steps, seed=0, dtype=torch.float64):
    """After up to so many steps on a diagonal matrix, which is as good as any: the start is random."""
    diagonal = torch.as_tensor(np.asarray(values), dtype=dtype)
    space = Lanczos(lambda v: v * diagonal, len(diagonal), steps, dtype, seed)
    while not space.done and space.steps < steps:
        space.step()
    return space


def test_the_whole_space_holds_the_whole_spectrum():
    values = np.linspace(-1, 2, 30) ** 3
    space = space_of(values, 99)
    found, _, rest = space.ritz()
    assert space.done and space.steps == 30
    np.testing.assert_allclose(found, np.sort(values), atol=1e-12)
    assert space.floor(found) == found[0] and rest.max() < 1e-10


def test_residuals_and_vectors_are_those_of_the_ritz_pairs():
    values = np.linspace(-1, 2, 200) ** 3
    space = space_of(values, 25)
    found, weights, rest = space.ritz()
    vectors = space.vectors(weights).numpy()
    np.testing.assert_allclose(vectors @ vectors.T, np.eye(25), atol=1e-12)
    by_hand = np.linalg.norm(vectors * values - found[:, None] * vectors, axis=1)
    np.testing.assert_allclose(rest, by_hand, atol=1e-12)


SPECTRA = {
    "spread": np.linspace(-1, 10, 200),
    "one below a cluster": np.r_[-1, np.linspace(0, 1, 199)],
    "decaying": np.r_[-0.01, 10 * np.exp(-np.arange(199) / 5)],
    "two alike": np.r_[-1, -0.999, np.linspace(-0.5, 5, 198)],
}


@pytest.mark.parametrize("steps", [3, 12, 40])
@pytest.mark.parametrize("values", SPECTRA.values(), ids=SPECTRA)
def test_the_floor_is_below_the_smallest_eigenvalue(values, steps):
    spaces = [space_of(values, steps, seed) for seed in range(40)]
    assert all(space.floor(space.ritz()[0]) <= values.min() + 1e-12 for space in spaces)


def test_the_floor_is_no_lower_than_its_doubt_asks_for(monkeypatch):
    """With a doubt of 0.3 it does fail, and in no more than 0.3 of the starts."""
    monkeypatch.setattr(lanczos, "DOUBT", 0.3)
    values = np.r_[-1, np.linspace(0, 1, 39)]
    spaces = [space_of(values, 3, seed) for seed in range(300)]
    failed = np.mean([space.floor(space.ritz()[0]) > values.min() for space in spaces])
    assert 0.1 < failed < 0.3


@pytest.mark.parametrize("small", [-1e-2, -1e-3])
def test_an_eigenvalue_that_rounding_hides_is_not_ruled_out(small):
    """In single precision the space looks invariant before it holds the small eigenvalue."""
    values = np.r_[small, np.zeros(30_000), 0.2, 0.4, 0.6, 0.8, 1.0]
    for seed in range(25):
        space = space_of(values, 60, seed, torch.float32)
        assert space.floor(space.ritz()[0]) <= small + 1e-6


def test_the_operator_that_is_zero():
    space = space_of(np.zeros(20), 10)
    assert space.done and space.steps == 1
    assert space.ritz()[0].tolist() == [0] and space.floor(space.ritz()[0]) == 0
