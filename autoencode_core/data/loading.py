"""From a data set's name to the particles of a run: inputs, targets and what colours them."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator, SeedSequence, default_rng
from numpy.typing import NDArray

from autoencode_core.data.catalogue import card, test_rows
from autoencode_core.data.coordinates import SCALING, deviation
from autoencode_core.data.csv_file import read_table
from autoencode_core.data.idx import is_images_file
from autoencode_core.data.images import IMAGES, images_of
from autoencode_core.data.synthetic import LABEL_NAMES, SAMPLERS, Sample
from autoencode_core.errors import InputError

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
MEASURED = 10_000
"""Most particles that tell the spread of a data set."""
_Rows = tuple[Callable[[Labels], Sample], int, tuple[str, ...]]


@dataclass(frozen=True)
class DataSet:
    """The particles of a run, N to train on and M to test on, in data units, float64.

    Attributes:
        train: inputs (N, d), noise included.
        test: inputs (M, d), noise included.
        train_targets: what they are to become (N, d): the inputs themselves (reconstruct), their
            clean version (denoise) or the data set's own targets (transport). With classify they
            are the inputs: label positions live in the bottleneck, which this room does not know.
        test_targets: likewise (M, d).
        train_hue: place along the data set (N,), in [0, 1], for colour.
        test_hue: likewise (M,).
        train_labels: class (N,), 0 to C - 1, or None when unlabelled.
        test_labels: likewise (M,).
        label_names: names of the classes, () when unlabelled.
        columns: names of the components (d,).
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


def load(
    dataset: str, particles: int, noise: float, seed: int, task: str, coordinates: str = "raw"
) -> DataSet:
    """The training and test particles that a run's knobs call for.

    The seed alone decides which rows of a finite data set are for testing. Training particles, test
    particles and the noise of each come from streams of their own: more particles extend the
    training set (a longer one starts with the shorter one), and noise moves them without redrawing.

    Args:
        dataset: a name of the catalogue, or the path of a CSV file or of an IDX file of images.
        particles: number of training particles N; made sets add N/4 for testing, of a finite set
            a fifth is held out.
        noise: standard deviation of the Gaussian noise on every component, >= 0: data units, or where the
            coordinates scale units of the component's own standard deviation in the data set.
        seed: a whole number >= 0.
        task: reconstruct, denoise, classify or transport.
        coordinates: in which the flow will act.

    Raises:
        InputError: the data set is unknown or cannot be read, has fewer particles than asked for,
            or cannot do the task.
    """
    known = card(dataset)
    most = known.most_particles
    if particles < 1 or (most is not None and particles > most):
        allowed = "a whole number from 1" + (
            f" to {most}, the training part of {known.title}" if most else ""
        )
        raise InputError("particles", particles, allowed)
    if not noise >= 0:
        raise InputError("noise", noise, "a number from 0")
    draw, shuffle, *noisy = (default_rng(s) for s in SeedSequence(seed).spawn(4))
    names: tuple[str, ...] = LABEL_NAMES.get(dataset, ())
    if dataset in SAMPLERS:
        train_rng, test_rng = draw.spawn(2)
        train = SAMPLERS[dataset](train_rng, particles)
        test = SAMPLERS[dataset](test_rng, math.ceil(particles / 4))
    else:
        train, test, names = _split(dataset, particles, shuffle)
    if (task == "classify" and len(names) < 2) or (task == "transport" and train.targets is None):
        missing = "labels" if task == "classify" else "targets of its own"
        raise InputError("task", task, f"a task that needs no {missing}: {known.title} has none")
    size = noise * spread(dataset) if noise and coordinates in SCALING else noise
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
        names,
        known.columns or tuple(f"x{j + 1}" for j in range(known.width)),
    )


def spread(dataset: str) -> Floats:
    """Standard deviation of each component (d,) over a made sample, or the first rows of a finite set.

    It is the same for all runs of a data set, whatever their particles. 0 where a component is constant.

    Args:
        dataset: a name of the catalogue, or the path of a CSV file or of an IDX file of images.
    """
    if dataset in SAMPLERS:
        points = SAMPLERS[dataset](default_rng(0), MEASURED).points
    else:
        take, rows, _ = _rows(dataset)
        points = take(np.arange(min(rows, MEASURED))).points
    return np.where(np.ptp(points, axis=0) > 0, deviation(points), 0.0)


def probe_indices(n_train: int, width: int, limit: int = 500) -> NDArray[np.int64]:
    """The probe batch: the training particles that snapshots and flows are drawn from.

    Args:
        n_train: number of training particles N.
        width: number of components d; wide data get fewer, so that a run file stays small.
        limit: most particles.
    """
    return np.arange(min(limit, n_train, max(16, 32768 // width)))


def _split(dataset: str, particles: int, rng: Generator) -> tuple[Sample, Sample, tuple[str, ...]]:
    """Training and test rows of a finite data set (the test rows are drawn first), and its label names."""
    take, rows, names = _rows(dataset)
    order = rng.permutation(rows)
    held = test_rows(rows)
    return take(order[held : held + particles]), take(order[:held]), names


def _rows(dataset: str) -> _Rows:
    return _images(dataset) if dataset in IMAGES or is_images_file(dataset) else _table(dataset)


def _images(dataset: str) -> _Rows:
    """How to take some of the images, how many there are, and their label names."""
    images = images_of(dataset)
    hue, labels = images.hue(), images.labels

    def take(rows: Labels) -> Sample:
        return Sample(images.points(rows), hue[rows], None if labels is None else labels[rows])

    return take, len(images.grey), images.names


def _table(dataset: str) -> _Rows:
    """How to take some rows of a CSV file, how many there are, and its label names."""
    table = read_table(dataset)
    values, labels = table.values, table.labels
    rank = np.unique(values[:, 0], return_inverse=True)[1] if labels is None else labels
    hue = rank / max(1, int(rank.max()))

    def take(rows: Labels) -> Sample:
        return Sample(values[rows], hue[rows], None if labels is None else labels[rows])

    return take, len(values), table.label_names


def _perturbed(points: Floats, noise: Floats | float, rng: Generator) -> Floats:
    return points + noise * rng.standard_normal(points.shape) if np.any(noise) else points


def _targets(inputs: Floats, sample: Sample, task: str) -> Floats:
    if task == "transport" and sample.targets is not None:
        return sample.targets
    return sample.points if task == "denoise" else inputs
