"""Coordinates: exact inverses, an isometry, largest variance first; the same on tensors."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from autoencode_core.data.coordinates import Coordinates, Kind
from autoencode_core.errors import InputError

KINDS: tuple[Kind, ...] = ("raw", "standard", "principal", "correlation")
MATRICES = arrays(
    np.float64,
    array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=8),
    elements=st.floats(-1e3, 1e3, allow_subnormal=False),
)


def close(a: Any, b: Any, x: np.ndarray) -> bool:
    return np.allclose(a, b, rtol=0, atol=1e-11 * (1 + np.abs(x).max()))


@given(MATRICES, st.sampled_from(KINDS))
def test_round_trip(x: np.ndarray, kind: Kind) -> None:
    coordinates = Coordinates.fit(kind, x)
    assert close(coordinates.to_data(coordinates.to_flow(x)), x, x)


@given(MATRICES)
def test_raw_changes_no_bit(x: np.ndarray) -> None:
    coordinates = Coordinates.fit("raw", x)
    assert coordinates.to_flow(x) is x
    assert coordinates.to_data(x) is x


@given(MATRICES)
def test_principal_is_an_isometry(x: np.ndarray) -> None:
    coordinates = Coordinates.fit("principal", x)
    assert np.allclose(coordinates.axes.T @ coordinates.axes, np.eye(x.shape[1]), atol=1e-12)
    u = coordinates.to_flow(x)
    distances = lambda y: np.linalg.norm(y[:, None] - y, axis=-1)  # noqa: E731
    assert close(distances(u), distances(x), x)


@given(MATRICES)
def test_principal_orders_variance(x: np.ndarray) -> None:
    u = Coordinates.fit("principal", x).to_flow(x)
    scale = 1 + np.abs(x).max() ** 2
    assert np.abs(u.mean(axis=0)).max() < 1e-11 * scale
    covariance = u.T @ u / len(u)
    assert (np.diff(np.diag(covariance)) <= 1e-11 * scale).all()
    assert np.abs(covariance - np.diag(np.diag(covariance))).max() <= 1e-11 * scale


@given(MATRICES)
def test_principal_signs_are_fixed(x: np.ndarray) -> None:
    axes = Coordinates.fit("principal", x).axes
    largest = np.abs(axes).max(axis=0)
    leads = np.abs(axes) >= (1 - 1e-8) * largest
    single = leads.sum(axis=0) == 1
    assert np.allclose(np.where(leads, axes, -np.inf).max(axis=0)[single], largest[single])
    assert np.array_equal(Coordinates.fit("principal", x).axes, axes)


@given(MATRICES)
def test_standard_has_unit_variance_or_a_constant(x: np.ndarray) -> None:
    coordinates = Coordinates.fit("standard", x)
    extent = np.ptp(x, axis=0)
    constant = extent == 0
    assert (coordinates.scale[constant] == 1).all()
    seen = ~constant & (extent > 1e-6 * np.abs(x).max(axis=0))  # below that rounding of the mean shows
    assert coordinates.to_flow(x).std(axis=0)[seen] == pytest.approx(1, abs=1e-6)


def test_a_constant_column_is_only_centred() -> None:
    x = np.column_stack([np.full(7, 0.1), np.arange(7)])  # the mean of seven 0.1 is not quite 0.1
    coordinates = Coordinates.fit("standard", x)
    assert coordinates.scale.tolist() == [1, 2]
    assert np.abs(coordinates.to_flow(x)[:, 0]).max() < 1e-15


@pytest.mark.parametrize("factor", [1e-160, 1e90])
def test_extreme_scales_neither_overflow_nor_vanish(factor: float) -> None:
    x = np.random.default_rng(0).normal(size=(30, 3)) * [1, 5, 2] * factor
    axes = Coordinates.fit("principal", x).axes
    assert np.argmax(np.abs(axes), axis=0).tolist() == [1, 2, 0]
    standard = Coordinates.fit("standard", x)
    assert np.isfinite(standard.to_flow(x)).all()


def test_principal_axes_are_those_of_the_svd() -> None:
    x = np.random.default_rng(1).normal(size=(40, 5)) @ np.diag([1, 4, 2, 0.5, 3]) + 7
    axes = Coordinates.fit("principal", x).axes
    rows = np.linalg.svd(x - x.mean(axis=0))[2]
    assert np.allclose(np.abs(rows @ axes), np.eye(5), atol=1e-12)


def test_a_tie_is_not_decided_by_rounding() -> None:
    x = np.array([[1.0, -1.0], [-1.0, 1.0], [2.0, -2.0], [-2.0, 2.0]])  # no lean: the first far score decides
    for nudge in (-1e-13, 0, 1e-13):
        axes = Coordinates.fit("principal", x * [1, 1 + nudge]).axes
        assert axes[:, 0] == pytest.approx([0.5**0.5, -(0.5**0.5)])


@pytest.mark.parametrize("kind", KINDS)
def test_tensors_map_as_arrays_do(kind: Kind) -> None:
    x = np.random.default_rng(2).normal(size=(9, 4))
    coordinates = Coordinates.fit(kind, x)
    tensors = Coordinates.from_arrays(kind, *map(torch.from_numpy, coordinates.arrays()))
    u = tensors.to_flow(torch.from_numpy(x))
    assert isinstance(u, torch.Tensor)
    assert np.allclose(u, coordinates.to_flow(x), atol=1e-14)
    assert np.allclose(tensors.to_data(u), x, atol=1e-14)


def test_unknown_kind_is_refused() -> None:
    with pytest.raises(InputError, match="coordinates = polar: allowed is raw, standard, principal"):
        Coordinates.fit("polar", np.zeros((2, 2)))  # type: ignore[arg-type]
