"""Made data: the catalogue's promises, the laws, and that a longer sample starts with the shorter one."""

import numpy as np
import pytest
from scipy.stats import ks_2samp, kstest
from sklearn.datasets import make_moons, make_s_curve, make_swiss_roll

from autoencode_core.data.catalogue import CATALOGUE
from autoencode_core.data.synthetic import Sample

MANY = 4000
MADE = {name: card.sampler for name, card in CATALOGUE.items() if card.sampler}


def draw(name: str, n: int = MANY, seed: int = 0) -> Sample:
    return MADE[name](np.random.default_rng(seed), n)


@pytest.mark.parametrize("name", MADE)
def test_card_is_kept(name: str) -> None:
    card, sample = CATALOGUE[name], draw(name)
    assert sample.points.shape == (MANY, card.width)
    assert sample.points.dtype == np.float64
    assert sample.hue.shape == (MANY,)
    assert 0 <= sample.hue.min() < 0.01
    assert 0.99 < sample.hue.max() <= 1
    assert (sample.targets is not None) == card.has_targets
    if card.classes:
        assert sample.labels is not None
        shares = np.bincount(sample.labels, minlength=card.classes) / MANY
        assert shares == pytest.approx(1 / card.classes, abs=0.04)
    else:
        assert sample.labels is None


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("n", [1, 7])
def test_longer_samples_start_with_shorter_ones(name: str, n: int) -> None:
    short, long = draw(name, n), draw(name, 50)
    for few, more in zip(short, long, strict=True):
        assert (few is None) == (more is None)
        if few is not None and more is not None:
            assert np.array_equal(few, more[:n])


@pytest.mark.parametrize("name", MADE)
def test_seeds_differ(name: str) -> None:
    assert not np.array_equal(draw(name, 20, 0).points, draw(name, 20, 1).points)


def same_law(ours: np.ndarray, theirs: np.ndarray) -> None:
    # projections onto random directions see more than the components do
    directions = np.random.default_rng(3).normal(size=(ours.shape[1], 5))
    for a, b in zip((ours @ directions).T, (theirs @ directions).T, strict=True):
        assert ks_2samp(a, b).pvalue > 1e-4


def test_moons_are_scikit_learns() -> None:
    sample, (theirs, labels) = draw("moons"), make_moons(MANY, noise=None, random_state=0)
    assert sample.labels is not None
    for label in (0, 1):
        ours = sample.points[sample.labels == label]
        center, up = ((0, 0), 1) if label == 0 else ((1, 0.5), -1)
        assert np.allclose(np.linalg.norm(ours - center, axis=1), 1)
        assert (up * (ours[:, 1] - center[1]) >= -1e-12).all()
        same_law(ours, theirs[labels == label])


def test_s_curve_is_scikit_learns() -> None:
    sample, (theirs, place) = draw("s_curve"), make_s_curve(MANY, random_state=0)
    t = 3 * np.pi * (sample.hue - 0.5)
    assert np.allclose(sample.points[:, 0], np.sin(t))
    assert np.allclose(sample.points[:, 2], np.sign(t) * (np.cos(t) - 1))
    assert ks_2samp(t, place).pvalue > 1e-3
    same_law(sample.points, theirs)


def test_swiss_roll_is_a_tenth_of_scikit_learns() -> None:
    sample, (theirs, place) = draw("swiss_roll"), make_swiss_roll(MANY, random_state=0)
    t = 1.5 * np.pi * (1 + 2 * sample.hue)
    assert np.allclose(10 * sample.points[:, 0], t * np.cos(t))
    assert np.allclose(10 * sample.points[:, 2], t * np.sin(t))
    assert ks_2samp(t, place).pvalue > 1e-3
    same_law(sample.points, theirs / 10)


@pytest.mark.parametrize("name", ["circle", "sphere"])
def test_unit_norm(name: str) -> None:
    assert np.allclose(np.linalg.norm(draw(name).points, axis=1), 1)


def test_parabola_lies_on_its_curve() -> None:
    x, y = draw("parabola").points.T
    assert np.array_equal(y, x**2)


def test_sphere_is_uniform_in_area() -> None:
    for component in draw("sphere").points.T:  # Archimedes: every component is uniform on [-1, 1]
        assert kstest(component, "uniform", args=(-1, 2)).pvalue > 1e-3


def test_torus_is_uniform_in_area() -> None:
    x, y, z = draw("torus").points.T
    radius = np.hypot(x, y)
    assert np.allclose((radius - 1) ** 2 + z**2, 0.4**2)
    tube = np.mod(np.arctan2(z, radius - 1), 2 * np.pi)
    area = lambda a: (a + 0.4 * np.sin(a)) / (2 * np.pi)  # noqa: E731
    assert kstest(tube, area).pvalue > 1e-3


def test_spirals_are_each_others_half_turn() -> None:
    sample = draw("spirals")
    assert sample.labels is not None
    radius = np.linalg.norm(sample.points, axis=1) / 1.5
    angle = 3 * np.pi * radius + np.pi * sample.labels
    assert np.allclose(sample.points, 1.5 * radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]))


def test_trefoil_closes() -> None:
    sample = draw("trefoil")
    nearest = sample.points[[np.argmin(sample.hue), np.argmax(sample.hue)]]
    assert np.linalg.norm(nearest[0] - nearest[1]) < 0.05


def test_gaussian_mixture_sits_on_a_square() -> None:
    sample = draw("gaussian_mixture")
    assert sample.labels is not None
    for label, center in enumerate([(-1, -1), (1, -1), (-1, 1), (1, 1)]):
        cloud = sample.points[sample.labels == label]
        assert cloud.mean(axis=0) == pytest.approx(center, abs=0.03)
        assert cloud.std(axis=0) == pytest.approx([0.2, 0.2], rel=0.1)


@pytest.mark.parametrize("name", ["bimodal", "bimodal_2d"])
def test_bimodal_goes_from_one_to_two(name: str) -> None:
    sample = draw(name)
    assert sample.labels is not None
    assert sample.targets is not None
    for label, sign in enumerate((-1, 1)):
        of = sample.labels == label
        expected = np.zeros(sample.points.shape[1])
        expected[0] = sign
        assert sample.points[of].mean(axis=0) == pytest.approx(expected, abs=0.01)
        assert sample.points[of].std(axis=0) == pytest.approx(0.1, rel=0.1)
        assert np.array_equal(sample.targets[of], np.broadcast_to(2 * expected, sample.targets[of].shape))
