"""Data laws made on demand: independent draws, so a longer sample starts with the shorter one."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]


class Sample(NamedTuple):
    """Particles of a data law.

    Attributes:
        points: positions (n, d).
        hue: place along the data set (n,), in [0, 1], for colour.
        labels: class of each particle (n,), 0 to C - 1, or None.
        targets: where a transport is to bring each particle (n, d), or None.
        numbers: number of each row of a finite set in its file (n,), or None.
    """

    points: Floats
    hue: Floats
    labels: Labels | None = None
    targets: Floats | None = None
    numbers: Labels | None = None


Sampler = Callable[[Generator, int], Sample]

# Each sampler draws particle by particle (one row of random numbers each): this is what makes the
# first particles of a sample independent of n.


def circle(rng: Generator, n: int) -> Sample:
    """The unit circle, uniform; hue is the angle."""
    u = rng.random(n)
    angle = 2 * np.pi * u
    return Sample(np.column_stack([np.cos(angle), np.sin(angle)]), u)


def moons(rng: Generator, n: int) -> Sample:
    """Two interleaved half circles, as scikit-learn's make_moons; hue runs along one, then the other."""
    u, labels = _strands(rng, n)
    x, y = np.cos(np.pi * u), np.sin(np.pi * u)
    lower = labels == 1
    points = np.column_stack([np.where(lower, 1 - x, x), np.where(lower, 0.5 - y, y)])
    return Sample(points, (labels + u) / 2, labels)


def spirals(rng: Generator, n: int) -> Sample:
    """Two Archimedean spirals of one and a half turns, radius 0 to 1.5, uniform in area; hue as in moons."""
    u, labels = _strands(rng, n)
    radius = np.sqrt(u)
    angle = 3 * np.pi * radius + np.pi * labels
    points = 1.5 * radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return Sample(points, (labels + radius) / 2, labels)


def parabola(rng: Generator, n: int) -> Sample:
    """The curve y = x² over [-1, 1], uniform in x; hue runs along x."""
    u = rng.random(n)
    x = 2 * u - 1
    return Sample(np.column_stack([x, x**2]), u)


def gaussian_mixture(rng: Generator, n: int) -> Sample:
    """Four equal clouds of standard deviation 0.2 at (±1, ±1); hue is the label."""
    labels, spread = _clouds(rng, n, 4, 2)
    centers = np.array([[-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0], [1.0, 1.0]])
    return Sample(centers[labels] + 0.2 * spread, labels / 3, labels)


def s_curve(rng: Generator, n: int) -> Sample:
    """A sheet bent into an S, as scikit-learn's make_s_curve; hue runs along the S."""
    u, v = rng.random((n, 2)).T
    t = 3 * np.pi * (u - 0.5)
    return Sample(np.column_stack([np.sin(t), 2 * v, np.sign(t) * (np.cos(t) - 1)]), u)


def swiss_roll(rng: Generator, n: int) -> Sample:
    """A rolled-up sheet, scikit-learn's make_swiss_roll divided by 10; hue runs along the roll."""
    u, v = rng.random((n, 2)).T
    t = 1.5 * np.pi * (1 + 2 * u)
    return Sample(np.column_stack([t * np.cos(t), 21 * v, t * np.sin(t)]) / 10, u)


def torus(rng: Generator, n: int) -> Sample:
    """A ring of radius 1 and tube radius 0.4, uniform in area; hue is the angle around the ring."""
    u, v, w = rng.random((n, 3)).T
    around, tube = 2 * np.pi * u, 2 * np.pi * v
    # Half-turning tube angles with this probability gives them the density of area, ∝ 1 + 0.4 cos.
    tube = np.where(2 * w < 1 + 0.4 * np.cos(tube), tube, tube + np.pi)
    radius = 1 + 0.4 * np.cos(tube)
    return Sample(np.column_stack([radius * np.cos(around), radius * np.sin(around), 0.4 * np.sin(tube)]), u)


def sphere(rng: Generator, n: int) -> Sample:
    """The unit sphere, uniform in area; hue is the height."""
    u, v = rng.random((n, 2)).T
    z, angle = 2 * u - 1, 2 * np.pi * v
    radius = np.sqrt(1 - z**2)
    return Sample(np.column_stack([radius * np.cos(angle), radius * np.sin(angle), z]), u)


def trefoil(rng: Generator, n: int) -> Sample:
    """The trefoil knot (sin t + 2 sin 2t, cos t - 2 cos 2t, -sin 3t) / 2; hue runs along t."""
    u = rng.random(n)
    t = 2 * np.pi * u
    knot = [np.sin(t) + 2 * np.sin(2 * t), np.cos(t) - 2 * np.cos(2 * t), -np.sin(3 * t)]
    return Sample(np.column_stack(knot) / 2, u)


def bimodal(rng: Generator, n: int) -> Sample:
    """Particles near -1 and +1 (standard deviation 0.1), targets -2 and +2: arXiv 2107.08707, section 4."""
    return _bimodal(rng, n, 1)


def bimodal_2d(rng: Generator, n: int) -> Sample:
    """Clouds near (±1, 0) (standard deviation 0.1), targets (±2, 0)."""
    return _bimodal(rng, n, 2)


def _strands(rng: Generator, n: int) -> tuple[Floats, Labels]:
    """Place along a strand, uniform in [0, 1), and which of two strands."""
    u, coin = rng.random((n, 2)).T
    return u, (coin >= 0.5).astype(np.int64)


def _clouds(rng: Generator, n: int, clouds: int, width: int) -> tuple[Labels, Floats]:
    """Which cloud (n,), and standard normal offsets (n, width), each from a stream of its own."""
    which, offsets = rng.spawn(2)
    return (clouds * which.random(n)).astype(np.int64), offsets.standard_normal((n, width))


def _bimodal(rng: Generator, n: int, width: int) -> Sample:
    labels, spread = _clouds(rng, n, 2, width)
    centers = np.zeros((n, width))
    centers[:, 0] = 2 * labels - 1
    return Sample(centers + 0.1 * spread, labels.astype(np.float64), labels, 2 * centers)
