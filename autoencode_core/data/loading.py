"""From a data set's name to the particles of a run: inputs, targets and what colours them."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator, SeedSequence, default_rng
from numpy.typing import ArrayLike, NDArray

from autoencode_core.data.catalogue import DatasetCard, card, test_rows
from autoencode_core.data.coordinates import SCALING, deviation
from autoencode_core.data.images import Images
from autoencode_core.data.reading import AS_FOUND, Reading
from autoencode_core.data.synthetic import Sample
from autoencode_core.data.table import Table, read_table
from autoencode_core.errors import InputError

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
MEASURED = 10_000
"""Most particles that tell the spread of a data set."""
_Rows = tuple[Callable[[Labels], Sample], int]


@dataclass(frozen=True)
class DataSet:
    """The particles of a run, N to train on and M to test on, in data units, float64.

    Attributes:
        train: inputs (N, d), noise included.
        test: inputs (M, d), noise included.
        train_targets: what they are to become (N, d): the inputs themselves (reconstruct), their
            clean version (denoise) or the data set's own targets (transport). With classify they
            are the inputs: label positions live in the bottleneck, which are none of its business.
        test_targets: likewise (M, d).
        train_hue: place along the data set (N,), in [0, 1], for colour.
        test_hue: likewise (M,).
        train_labels: class (N,), 0 to C - 1, or None when unlabelled.
        test_labels: likewise (M,).
        label_names: names of the classes, () when unlabelled.
        columns: names of the components (d,).
        train_numbers: number of each row of a finite set in its file, or of each image (N,), from 1, or None.
        test_numbers: likewise (M,).
    """

    train: Floats
    test: Floats
    train_targets: Floats
    test_targets: Floats
    train_hue: Floats
    test_hue: Floats
    train_labels: Labels | None
    test_labels: Labels | None
    label_names: tuple[str, ...]
    columns: tuple[str, ...]
    train_numbers: Labels | None = None
    test_numbers: Labels | None = None


def load(
    dataset: str,
    particles: int,
    noise: float,
    seed: int,
    task: str,
    coordinates: str = "raw",
    reading: Reading = AS_FOUND,
) -> DataSet:
    """The training and test particles that a run's knobs call for.

    The seed alone decides which rows of a finite data set are for testing. Training particles, test
    particles and the noise of each come from streams of their own: more particles extend the
    training set (a longer one starts with the shorter one), and noise moves them without redrawing.

    Args:
        dataset: a name of the catalogue, or the path of a table or of an IDX file of images.
        particles: number of training particles N; made sets add N/4 for testing, of a finite set
            a fifth is held out.
        noise: standard deviation of the Gaussian noise on every component, >= 0: data units, or where the
            coordinates scale units of the component's own standard deviation in the data set.
        seed: a whole number >= 0.
        task: reconstruct, denoise, classify or transport.
        coordinates: in which the flow will act.
        reading: how a table is read; values that are missing there are filled with the mean or the median
            of the training part, if it says so.

    Raises:
        InputError: the data set is unknown or cannot be read, has fewer particles than asked for,
            or cannot do the task.
    """
    known = card(dataset, reading)
    most = known.most_particles
    if particles < 1 or (most is not None and particles > most):
        allowed = "a whole number from 1" + (
            f" to {most}, the training part of {known.title}" if most else ""
        )
        raise InputError("particles", particles, allowed)
    if not noise >= 0:
        raise InputError("noise", noise, "a number from 0")
    draw, shuffle, *noisy = (default_rng(s) for s in SeedSequence(seed).spawn(4))
    if known.sampler is None:
        train, test = _split(known, particles, shuffle, reading)
    else:
        train_rng, test_rng = draw.spawn(2)
        train = known.sampler(train_rng, particles)
        test = known.sampler(test_rng, math.ceil(particles / 4))
    if (task == "classify" and known.classes < 2) or (task == "transport" and train.targets is None):
        missing = "labels" if task == "classify" else "targets of its own"
        raise InputError("task", task, f"a task that needs no {missing}: {known.title} has none")
    size = noise * spread(dataset, reading) if noise and coordinates in SCALING else noise
    inputs, test_inputs = (
        _perturbed(sample.points, size, rng) for sample, rng in zip((train, test), noisy, strict=True)
    )
    return DataSet(
        inputs,
        test_inputs,
        _targets(inputs, train, task),
        _targets(test_inputs, test, task),
        train.hue,
        test.hue,
        train.labels,
        test.labels,
        known.labels,
        known.columns or _numbered(known.width),
        train.numbers,
        test.numbers,
    )


def given(train: ArrayLike, test: ArrayLike | None = None, columns: Sequence[str] = ()) -> DataSet:
    """Particles that a caller gives, which are to reconstruct themselves.

    Args:
        train: inputs (N, d) in data units, N >= 1, finite.
        test: likewise (M, d); the training particles by default.
        columns: names of the components (d,); x1, x2, ... by default.
    """
    points = np.asarray(train, dtype=np.float64)
    held = points if test is None else np.asarray(test, dtype=np.float64)
    names = tuple(columns) or _numbered(points.shape[1])
    return DataSet(
        points, held, points, held, _place(points[:, 0]), _place(held[:, 0]), None, None, (), names
    )


def spread(dataset: str, reading: Reading = AS_FOUND) -> Floats:
    """Standard deviation of each component (d,) over a made sample, or the first rows of a finite set.

    It is the same for all runs of a data set, whatever their particles. 0 where a component is constant;
    missing values do not count.

    Args:
        dataset: a name of the catalogue, or the path of a table or of an IDX file of images.
        reading: how a table is read.
    """
    known = card(dataset, reading)
    if known.sampler is not None:
        points = known.sampler(default_rng(0), MEASURED).points
    else:
        take, rows = _rows(known, reading)
        points = take(np.arange(min(rows, MEASURED))).points
    found = [column[~np.isnan(column)][:, None] for column in points.T]
    return np.array([deviation(each)[0] if len(each) and np.ptp(each) > 0 else 0.0 for each in found])


def probe_indices(n_train: int, width: int, limit: int = 500) -> NDArray[np.int64]:
    """The probe batch: the training particles that snapshots and flows are drawn from.

    Args:
        n_train: number of training particles N.
        width: number of components d; wide data get fewer, so that a run file stays small.
        limit: most particles.
    """
    return np.arange(min(limit, n_train, max(16, 32768 // width)))


def _split(known: DatasetCard, particles: int, rng: Generator, reading: Reading) -> tuple[Sample, Sample]:
    """Training and test rows of a finite data set; the test rows are drawn first."""
    take, rows = _rows(known, reading)
    order = rng.permutation(rows)
    held = test_rows(rows)
    train, test = take(order[held : held + particles]), take(order[:held])
    if any(np.isnan(sample.points).any() for sample in (train, test)):
        # By the whole training part, so that fewer particles are not other ones.
        part = take(order[held:]).points
        _, points, test_points = filled(reading.missing, known.columns, part, train.points, test.points)
        train, test = train._replace(points=points), test._replace(points=test_points)
    return train, test


def filled(missing: str, columns: Sequence[str], train: Floats, *others: Floats) -> list[Floats]:
    """Rows whose missing values (NaN) are filled with what the training rows say (SimpleImputer).

    Args:
        missing: mean or median.
        columns: names of the columns (d,).
        train: training rows (N, d), which come back first.
        others: further rows (·, d).

    Raises:
        InputError: a column has no value in any training row.
    """
    from sklearn.impute import SimpleImputer  # start-up time

    empty = np.flatnonzero(np.isnan(train).all(axis=0))
    if len(empty):
        allowed = f"a value in one of the {len(train)} training rows at least; leave the column out (drop)"
        raise InputError("missing", f"column '{columns[empty[0]]}'", allowed)
    imputer = SimpleImputer(strategy=missing).fit(train)
    return [np.asarray(imputer.transform(rows), dtype=np.float64) for rows in (train, *others)]


def _rows(known: DatasetCard, reading: Reading) -> _Rows:
    """How to take some rows of a finite data set, and how many there are."""
    return _table(read_table(known.name, reading)) if known.images is None else _pictures(known.images())


def _pictures(images: Images) -> _Rows:
    hue, labels = images.hue(), images.labels

    def take(rows: Labels) -> Sample:
        own = None if labels is None else labels[rows]
        return Sample(images.points(rows), hue[rows], own, numbers=rows + 1)

    return take, len(images.grey)


def _table(table: Table) -> _Rows:
    values, labels = table.values, table.labels
    hue = _place((values[:, 0] if labels is None else labels) if table.colour is None else table.colour)

    def take(rows: Labels) -> Sample:
        classes = None if labels is None else labels[rows]
        return Sample(values[rows], hue[rows], classes, numbers=table.numbers[rows])

    return take, len(values)


def _place(values: NDArray[Any]) -> Floats:
    """Place of each value (N,) among the different ones, in [0, 1]; a missing one is in the middle."""
    known = ~np.isnan(values)
    rank = np.zeros(len(values), dtype=np.int64)
    rank[known] = np.unique(values[known], return_inverse=True)[1]
    rank[~known] = rank.max() // 2
    return rank / max(1, int(rank.max()))


def _numbered(width: int) -> tuple[str, ...]:
    return tuple(f"x{j + 1}" for j in range(width))


def _perturbed(points: Floats, noise: Floats | float, rng: Generator) -> Floats:
    return points + noise * rng.standard_normal(points.shape) if np.any(noise) else points


def _targets(inputs: Floats, sample: Sample, task: str) -> Floats:
    if task == "transport" and sample.targets is not None:
        return sample.targets
    return sample.points if task == "denoise" else inputs
