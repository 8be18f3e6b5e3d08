"""Real images as rows of grey values: scikit-learn's digits; MNIST and Fashion-MNIST; IDX files."""

import os
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autoencode_core.data.copies import located
from autoencode_core.data.idx import read_pair
from autoencode_core.errors import InputError

TIMEOUT = 10.0
"""Seconds without an answer after which fetching a set is given up."""
FOLDER = "AUTOENCODE_DATA"
"""Environment variable that names a folder of IDX files."""
WHOLE, SIDE = 70_000, 28
"""Images in MNIST and in Fashion-MNIST, and pixels along a side."""

DIGIT_NAMES = tuple("0123456789")
FASHION_NAMES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


@dataclass(frozen=True)
class Images:
    """Images and what they show.

    Attributes:
        grey: grey values (N, d), whole numbers, 0 is black; kept small because MNIST as floats is 440 MB.
        white: the grey value of white.
        labels: class of each image (N,), int64, 0 to C - 1, or None.
        names: names of the classes (C,).
    """

    grey: NDArray[np.uint8]
    white: int
    labels: NDArray[np.int64] | None
    names: tuple[str, ...] = ()

    def points(self, rows: NDArray[np.int64] | slice = slice(None)) -> NDArray[np.float64]:
        """Images as points (n, d) with components in [0, 1]."""
        return self.grey[rows] / self.white

    def hue(self) -> NDArray[np.float64]:
        """A place in [0, 1] for colour: by class, else by how much of the image is white, (N,)."""
        if self.labels is not None:
            return self.labels / max(1, len(self.names) - 1)
        light = self.grey.mean(axis=1)
        return np.asarray((light - light.min()) / (np.ptp(light) or 1.0))


def digits() -> Images:
    """The 1797 handwritten digits of 8 x 8 pixels that scikit-learn brings, grey values 0 to 16."""
    return _digits()


def mnist() -> Images:
    """The 70,000 handwritten digits of 28 x 28 pixels: from AUTOENCODE_DATA, else from OpenML.

    From OpenML they are fetched once and cached by scikit-learn; in both places the 60,000 come first.

    Raises:
        InputError: the folder's files are not those of the set, or there are none and they are neither cached
            yet nor can be fetched.
    """
    return _named("mnist", "mnist_784", DIGIT_NAMES)


def fashion_mnist() -> Images:
    """The 70,000 pieces of clothing of 28 x 28 pixels; as `mnist`."""
    return _named("fashion_mnist", "Fashion-MNIST", FASHION_NAMES)


def images_in(path: str) -> Images:
    """The images of an IDX file, and the labels beside it.

    Raises:
        InputError: it is missing or cannot be read.
    """
    here = located(path)
    try:
        info = os.stat(here)
    except (OSError, ValueError):
        raise InputError("file", path, "an IDX file of images that exists") from None
    return _images_in(os.path.abspath(here), info.st_mtime_ns, info.st_size)


def folder_of(name: str) -> Path | None:
    """The folder of IDX files that AUTOENCODE_DATA gives for a set, None where there is none.

    It is the subfolder of the set's name (mnist, fashion_mnist), else the named folder itself: for
    Fashion-MNIST where "fashion" is part of its name, for MNIST where it is not.
    """
    root = os.environ.get(FOLDER, "")
    if not root:
        return None
    own = Path(root).expanduser()
    suits = ("fashion" in own.name.lower()) == (name == "fashion_mnist")
    folders = [own / name, *([own] if suits else [])]
    return next((folder for folder in folders if _part(folder, "train") or _part(folder, "t10k")), None)


def _part(folder: Path, part: str) -> Path | None:
    """The IDX file of images of a part, train or t10k, under one of its usual names."""
    names = (f"{part}-images{mark}idx3-ubyte{zipped}" for mark in "-." for zipped in (".gz", ""))
    return next((folder / name for name in names if (folder / name).is_file()), None)


@lru_cache(maxsize=1)
def _digits() -> Images:
    from sklearn.datasets import load_digits  # not at the top, for start-up time

    grey, labels = load_digits(return_X_y=True)
    return _images(grey, 16, labels, DIGIT_NAMES)


def _named(name: str, openml: str, names: tuple[str, ...]) -> Images:
    folder = folder_of(name)
    return _openml(name, openml, names) if folder is None else _from_folder(name, folder, names)


@lru_cache(maxsize=2)
def _from_folder(name: str, folder: Path, names: tuple[str, ...]) -> Images:
    """A whole set from the folder of its four files, the training part first."""
    parts = []
    for part in ("train", "t10k"):
        path = _part(folder, part)
        if path is None:
            raise InputError(
                "dataset", name, f"{part}-images-idx3-ubyte.gz in {folder}, the other part is there"
            )
        grey, labels = read_pair(path)
        if labels is None:
            raise InputError("dataset", name, f"the labels {part}-labels-idx1-ubyte.gz in {folder}, too")
        parts.append((grey, labels))
    shapes = {grey.shape[1:] for grey, _ in parts}
    count = sum(len(grey) for grey, _ in parts)
    if shapes != {(SIDE, SIDE)} or count != WHOLE or max(int(own.max()) for _, own in parts) >= len(names):
        wanted = f"{WHOLE:,} images of {SIDE} × {SIDE} with labels 0 to {len(names) - 1} in {folder}"
        raise InputError("dataset", name, f"{wanted}; there are {count:,}")
    grey = np.concatenate([own.reshape(len(own), -1) for own, _ in parts])
    return _images(grey, 255, np.concatenate([own for _, own in parts]), names)


@lru_cache(maxsize=2)
def _openml(name: str, openml: str, names: tuple[str, ...]) -> Images:
    from sklearn.datasets import fetch_openml  # not at the top, for start-up time

    wanted = {
        "version": 1,
        "as_frame": False,
        "return_X_y": True,
        "parser": "pandas",
        # every column is a whole number from 0 to 255; with the types that scikit-learn 1.9 would
        # ask for, pandas 3 makes the labels integers and scikit-learn stumbles over them
        "read_csv_kwargs": {"dtype": np.uint8},
        "n_retries": 1,
        "delay": 0.5,
    }
    try:
        with _short_timeout(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its warnings of retries; the message below says it all
            grey, labels = fetch_openml(openml, **wanted)
        return _images(grey, 255, labels, names)
    except Exception as error:  # no network, a proxy's page, a cut download: all one to a person
        allowed = (
            f"a data set at hand: {openml} could not be had from openml.org, which needs the network once "
            f"({type(error).__name__}). Try again when online, lay its four IDX files into a folder and name "
            f"that in {FOLDER}, or take digits"
        )
        raise InputError("dataset", name, allowed) from error


@lru_cache(maxsize=2)
def _images_in(path: str, mtime: int, size: int) -> Images:
    grey, labels = read_pair(path)
    flat = grey.reshape(len(grey), -1)
    if labels is None:
        return _images(flat, 255, None, ())
    found, classes = np.unique(labels, return_inverse=True)
    return _images(flat, 255, classes, tuple(map(str, found)))


def _images(grey: Any, white: int, labels: Any, names: tuple[str, ...]) -> Images:
    classes = None if labels is None else np.asarray(labels).astype(np.int64)
    images = Images(np.ascontiguousarray(grey, dtype=np.uint8), white, classes, names)
    for array in (images.grey, images.labels):
        if array is not None:
            array.setflags(write=False)
    return images


@contextmanager
def _short_timeout() -> Iterator[None]:
    """Bounds every wait of new connections: fetch_openml sets no timeout of its own."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(TIMEOUT)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
