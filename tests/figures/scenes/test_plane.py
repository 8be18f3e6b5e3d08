"""Codes on two or three axes."""

import numpy as np
import pytest

from autoencode_core.figures.scenes.plane import (
    central_code,
    code_ranges,
    embedded_plane,
    far_apart,
    plain_plane,
)


@pytest.mark.parametrize("k, axes", [(1, 2), (2, 2), (3, 3), (5, 2), (5, 3)])
def test_a_place_of_the_plane_is_a_code_and_back(k: int, axes: int) -> None:
    z = np.random.default_rng(0).normal(size=(50, k)) * np.arange(k, 0, -1)
    plane = plain_plane(z, axes)
    assert plane.points.shape == (50, min(k, 3) if k <= 3 else axes) == (50, len(plane.names))
    place = plane.points[7]
    code = plane.code_at(place, z)
    np.testing.assert_allclose(plane.project(code[None])[0], place, atol=1e-9)
    if k <= 3:
        np.testing.assert_allclose(code, z[7])
    assert plane.code_at([0.0] * (axes + 2), z) is None


def test_in_tsne_the_nearest_drawn_code_is_taken() -> None:
    z = np.arange(12.0).reshape(4, 3)
    drawn = np.array([[0, 0], [1, 0], [0, 1], [np.nan, np.nan]])
    plane = embedded_plane(drawn, 3)
    np.testing.assert_array_equal(plane.code_at([0.9, 0.2], z), z[1])
    assert np.isnan(plane.project(z)).all()
    assert embedded_plane(np.full((4, 2), np.nan), 3).code_at([0, 0], z) is None


def test_codes_to_begin_with() -> None:
    z = np.array([[0.0, 0], [1, 0], [10, 0], [np.nan, 1]])
    assert central_code(z).tolist() == [1, 0] and set(far_apart(z)) == {0, 2}
    assert central_code(z[3:]).tolist() == [0, 0] and far_apart(z[3:]) == (0, 0)
    assert (np.diff(code_ranges(z), axis=1) > 0).all()
