"""The data sets by name, one entry each: what it is, what makes or reads it, and the knobs that suit it.

A spec can be checked and a page drawn without loading any data.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from autoencode_core.data import images, synthetic
from autoencode_core.data.copies import located
from autoencode_core.data.drawing import is_drawing
from autoencode_core.data.idx import IMAGES_FILE, class_names_beside, is_images_file, shape_of
from autoencode_core.data.images import Images
from autoencode_core.data.reading import AS_FOUND, ENDINGS, Reading, is_table
from autoencode_core.data.synthetic import Sampler
from autoencode_core.data.table import read_table
from autoencode_core.errors import InputError

TEST_SHARE = 0.2
"""Share of a finite data set held out for testing; made sets add a quarter to the training part."""


@dataclass(frozen=True)
class DatasetCard:
    """What is known of a data set before it is loaded.

    Attributes:
        name: its name in a spec (a table is named by its path).
        title: its name for a person.
        width: number of components d.
        about: one sentence.
        sampler: what makes its particles, for sets made on demand.
        images: what reads its images, for sets of images; a table has neither and is read by its path.
        image: (rows, columns) of one image, or None.
        rows: number of rows of a finite set, None for sets made on demand.
        labels: names of the classes, in label order, () when unlabelled.
        has_targets: whether it brings targets of its own (transport).
        columns: names of the components.
        defaults: knobs of RunSpec that suit this set.
    """

    name: str
    title: str
    width: int
    about: str
    sampler: Sampler | None = None
    images: Callable[[], Images] | None = None
    image: tuple[int, int] | None = None
    rows: int | None = None
    labels: tuple[str, ...] = ()
    has_targets: bool = False
    columns: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)

    @property
    def classes(self) -> int:
        """Number of classes, 0 when unlabelled."""
        return len(self.labels)

    @property
    def most_particles(self) -> int | None:
        """Largest number of training particles, None when unlimited."""
        return None if self.rows is None else max(1, self.rows - test_rows(self.rows))


def test_rows(rows: int) -> int:
    """Rows of a finite data set that are held out for testing (at least one, unless it has one)."""
    return min(rows - 1, max(1, math.ceil(TEST_SHARE * rows)))


_TABLE = {"field": "single_layer", "depth": 10, "horizon": 8.0, "tikhonov": "auto", "iterations": 100}
# Rows are few and new ones are to come: benchmarks/defaults.md.
_TWO_LAYER = {"field": "two_layer", "expansion": 4, "depth": 8, "horizon": 3.0}
# How these were found: benchmarks/defaults.md. Fresh points fall into the gaps between few particles.
_TO_LINE = {**_TWO_LAYER, "bottleneck": 1, "particles": 2000, "tikhonov": 1e-4, "iterations": 600}
_DEEPER = {**_TO_LINE, "depth": 12}
_TO_PLANE = {**_TO_LINE, "bottleneck": 2, "expansion": 8}
_TRANSPORT = {
    "task": "transport",
    "coordinates": "raw",
    "depth": 10,
    "horizon": 1.0,
    "method": "pmp",
    "tikhonov": 1e-3,
}

_FEW_IMAGES: Mapping[str, Any] = {
    "bottleneck": 8,
    "depth": 4,
    "horizon": 1.0,
    "field": "two_layer",
    "tikhonov": 3e-4,
    "method": "pmp",
    "iterations": 100,
}
# Many images: few units look at all pixels; V starts at 0, so that training sets out from PCA.
_BY_BATCHES: Mapping[str, Any] = {
    "bottleneck": 32,
    "depth": 8,
    "horizon": 1.0,
    "profile": "geometric",
    "field": "two_layer",
    "hidden": 128,
    "activation": "relu",
    "tikhonov": 1e-3,
    "method": "adam",
    "iterations": 1200,
    "batch_size": 256,
    "init_scale": 2.0,
    "init_outer": 0.0,
}
MANY_PIXELS, MANY_IMAGES = 256, 5000
"""Pixels and images from which a file of images is trained on like MNIST, by batches; else like digits."""
MOST_IMAGES = 56_000
"""Images of a file that are trained on by default, at most."""


def _images_card(
    name: str,
    title: str,
    image: tuple[int, int],
    rows: int,
    about: str,
    read: Callable[[], Images],
    labels: tuple[str, ...],
    suited: Mapping[str, Any],
) -> DatasetCard:
    """The card of a finite set of images, of (rows, columns) pixels each."""
    width, most = image[0] * image[1], rows - test_rows(rows)
    bottleneck = max(1, min(suited["bottleneck"], width - 1))
    defaults = {**suited, "bottleneck": bottleneck, "particles": min(most, MOST_IMAGES)}
    return DatasetCard(
        name, title, width, about, images=read, image=image, rows=rows, labels=labels, defaults=defaults
    )


_MNIST_SOURCE = (
    "grey values divided by 255; from the IDX files in the folder "
    f"{images.FOLDER}, else fetched once from OpenML."
)

_CARDS = (
    DatasetCard(
        "circle",
        "Circle",
        2,
        "The unit circle: one number is not quite enough.",
        sampler=synthetic.circle,
        defaults=_TO_LINE,
    ),
    DatasetCard(
        "moons",
        "Two moons",
        2,
        "Two interleaved half circles.",
        sampler=synthetic.moons,
        labels=("upper moon", "lower moon"),
        defaults=_DEEPER,
    ),
    DatasetCard(
        "spirals",
        "Two spirals",
        2,
        "Two spirals wound into each other.",
        sampler=synthetic.spirals,
        labels=("first spiral", "second spiral"),
        defaults={**_TO_LINE, "expansion": 8},
    ),
    DatasetCard(
        "parabola",
        "Parabola",
        2,
        "A piece of the curve y = x².",
        sampler=synthetic.parabola,
        defaults=_TO_LINE,
    ),
    DatasetCard(
        "gaussian_mixture",
        "Gaussian mixture",
        2,
        "Four Gaussian clouds on a square.",
        sampler=synthetic.gaussian_mixture,
        labels=("lower left", "lower right", "upper left", "upper right"),
        defaults=_TO_LINE,
    ),
    DatasetCard(
        "s_curve", "S-curve", 3, "A sheet bent into an S.", sampler=synthetic.s_curve, defaults=_TO_PLANE
    ),
    DatasetCard(
        "swiss_roll",
        "Swiss roll",
        3,
        "A rolled-up sheet, divided by 10.",
        sampler=synthetic.swiss_roll,
        defaults=_TO_PLANE,
    ),
    DatasetCard(
        "torus",
        "Torus",
        3,
        "The surface of a ring.",
        sampler=synthetic.torus,
        defaults={**_TO_PLANE, "depth": 10, "tikhonov": 1e-5},
    ),
    DatasetCard("sphere", "Sphere", 3, "The unit sphere.", sampler=synthetic.sphere, defaults=_TO_PLANE),
    DatasetCard(
        "trefoil",
        "Trefoil knot",
        3,
        "A closed curve knotted in space.",
        sampler=synthetic.trefoil,
        defaults={**_DEEPER, "expansion": 8},
    ),
    DatasetCard(
        "bimodal",
        "Bimodal transport (1-D)",
        1,
        "Particles near -1 and +1 are to be moved to -2 and +2 (2107.08707, section 4).",
        sampler=synthetic.bimodal,
        labels=("left", "right"),
        has_targets=True,
        defaults={**_TRANSPORT, "bottleneck": 1},
    ),
    DatasetCard(
        "bimodal_2d",
        "Bimodal transport (2-D)",
        2,
        "Two clouds near (-1, 0) and (+1, 0) are to be moved to (-2, 0) and (+2, 0).",
        sampler=synthetic.bimodal_2d,
        labels=("left", "right"),
        has_targets=True,
        defaults={**_TRANSPORT, "bottleneck": 2},
    ),
    _images_card(
        "digits",
        "Digits (8×8)",
        (8, 8),
        1797,
        "Handwritten digits of scikit-learn, grey values divided by 16.",
        images.digits,
        images.DIGIT_NAMES,
        {**_FEW_IMAGES, "expansion": 6},
    ),
    _images_card(
        "mnist",
        "MNIST (28×28)",
        (images.SIDE, images.SIDE),
        images.WHOLE,
        f"70,000 handwritten digits, {_MNIST_SOURCE}",
        images.mnist,
        images.DIGIT_NAMES,
        _BY_BATCHES,
    ),
    _images_card(
        "fashion_mnist",
        "Fashion-MNIST (28×28)",
        (images.SIDE, images.SIDE),
        images.WHOLE,
        f"70,000 pieces of clothing, {_MNIST_SOURCE}",
        images.fashion_mnist,
        images.FASHION_NAMES,
        _BY_BATCHES,
    ),
)

CATALOGUE: Mapping[str, DatasetCard] = {card.name: card for card in _CARDS}
"""Every built-in data set by name."""

GIVEN = "arrays"
"""Name of the data set of a run whose particles were given as arrays (train's `data`): no page offers it."""


def dataset_names() -> str:
    """What names a data set, in words."""
    return f"{', '.join(CATALOGUE)}, or the path of a table ({', '.join(ENDINGS)}) or of {IMAGES_FILE}"


def suited(width: int) -> dict[str, Any]:
    """Knobs of RunSpec that suit a table of so many columns."""
    return {
        **_TABLE,
        "bottleneck": max(1, min(2, width - 1)),
        "coordinates": "correlation",  # its columns may have any units
    }


def card(dataset: str, reading: Reading = AS_FOUND) -> DatasetCard:
    """The card of a data set.

    Args:
        dataset: a name of CATALOGUE, or the path of a table or of an IDX file of images (its shape is read
            from the file).
        reading: how a table is read.

    Raises:
        InputError: the name is unknown, the file is missing or cannot be used, or it is GIVEN, of which
            nothing is known.
    """
    if dataset == GIVEN:
        kept = "a data set by its name or its file; particles that were given as arrays are not kept"
        raise InputError("data", GIVEN, kept)
    if dataset in CATALOGUE:
        return CATALOGUE[dataset]
    if is_images_file(dataset):
        return _image_file_card(dataset)
    if not is_table(dataset):
        raise InputError("dataset", dataset, f"one of {dataset_names()}")
    table = read_table(dataset, reading)
    rows, width = table.values.shape
    drawing = is_drawing(table.name, table.columns)
    defaults = {**_TO_LINE, "coordinates": "principal"} if drawing else suited(width)
    return DatasetCard(
        dataset,
        table.name,
        width,
        f"{rows} rows of your own file.",
        rows=rows,
        labels=table.label_names,
        columns=table.columns,
        defaults={**defaults, "particles": rows - test_rows(rows)},
    )


def image_shape(dataset: str, width: int) -> tuple[int, int] | None:
    """Rows and columns of a data set's images, None where it has none.

    Args:
        dataset: as in `card`; a file of images that is gone is taken to hold square ones, if they can be.
        width: number of components d.
    """
    if dataset in CATALOGUE:
        return CATALOGUE[dataset].image
    if not is_images_file(dataset):
        return None
    try:
        return card(dataset).image
    except InputError:
        side = math.isqrt(width)
        return (side, side) if side * side == width else None


def _image_file_card(path: str) -> DatasetCard:
    """The card of an IDX file of images, by its head and the labels beside it."""
    here = located(path)
    count, rows, columns = shape_of(here)
    many = rows * columns >= MANY_PIXELS and count >= MANY_IMAGES
    return _images_card(
        path,
        Path(path).name,
        (rows, columns),
        count,
        f"{count:,} images of {rows} × {columns} pixels of your own file.",
        partial(images.images_in, path),
        class_names_beside(here),
        _BY_BATCHES if many else _FEW_IMAGES,
    )
