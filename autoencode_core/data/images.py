"""Real images as rows of grey values: scikit-learn's digits, and MNIST from OpenML."""

import socket
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autoencode_core.errors import InputError

TIMEOUT = 10.0
"""Seconds without an answer after which fetching MNIST is given up."""


@dataclass(frozen=True)
class Images:
    """Images and what they show.

    Attributes:
        grey: grey values (N, d), whole numbers, 0 is black; kept small because MNIST as floats is 440 MB.
        white: the grey value of white.
        labels: digit of each image (N,), int64.
    """

    grey: NDArray[np.uint8]
    white: int
    labels: NDArray[np.int64]

    def points(self, rows: NDArray[np.int64] | slice = slice(None)) -> NDArray[np.float64]:
        """Images as points (n, d) with components in [0, 1]."""
        return self.grey[rows] / self.white


def digits() -> Images:
    """The 1797 handwritten digits of 8 x 8 pixels that scikit-learn brings, grey values 0 to 16."""
    return _digits()


def mnist() -> Images:
    """The 70,000 handwritten digits of 28 x 28 pixels, fetched once and cached by scikit-learn.

    Raises:
        InputError: they are not cached yet and cannot be fetched.
    """
    return _mnist()


IMAGES: Mapping[str, Callable[[], Images]] = {"digits": digits, "mnist": mnist}
"""Every image set by its name in the catalogue."""


@lru_cache(maxsize=1)
def _digits() -> Images:
    from sklearn.datasets import load_digits  # not at the top, for start-up time

    grey, labels = load_digits(return_X_y=True)
    return _images(grey, 16, labels)


@lru_cache(maxsize=1)
def _mnist() -> Images:
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
        with _impatient(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its warnings of retries; the message below says it all
            grey, labels = fetch_openml("mnist_784", **wanted)
        return _images(grey, 255, labels)
    except Exception as error:  # no network, a proxy's page, a cut download: all the same to a person
        allowed = (
            "a data set at hand: MNIST could not be fetched from openml.org, which needs the network once "
            f"({type(error).__name__}). Try again when online, or take digits"
        )
        raise InputError("dataset", "mnist", allowed) from error


def _images(grey: Any, white: int, labels: Any) -> Images:
    images = Images(np.ascontiguousarray(grey, dtype=np.uint8), white, np.asarray(labels).astype(np.int64))
    images.grey.setflags(write=False)
    images.labels.setflags(write=False)
    return images


@contextmanager
def _impatient() -> Iterator[None]:
    """Bounds every wait of new connections: fetch_openml sets no timeout of its own."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(TIMEOUT)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
