"""Mosaics, and images beside their reconstruction."""

from collections.abc import Callable

import numpy as np
import pytest

from autoencode_core.errors import InputError
from autoencode_core.figures import image_reconstruction_figure
from autoencode_core.figures.run.images import image_shape, is_image_run, mosaic
from autoencode_core.store.record import RunRecord

Make = Callable[..., RunRecord]


@pytest.fixture(scope="module")
def digits(make: Make) -> RunRecord:
    return make(64, k=8, n=40, depth=8, classes=10, push=0.3)


def tile(picture: np.ndarray, row: int, column: int, gap: int = 1) -> np.ndarray:
    """One 8×8 image of a mosaic."""
    top, left = row * (8 + gap), column * (8 + gap)
    return picture[top : top + 8, left : left + 8]


def test_mosaic_keeps_images_apart_and_in_order() -> None:
    images = np.linspace(0, 1, 3 * 64).reshape(3, 64)
    picture = mosaic([images, images[:2]], (8, 8), [(0, 1), (0, 1)])
    assert picture.dtype == np.uint8 and picture.shape == (17, 26)
    assert (picture[8] == 255).all() and (picture[:, 8] == 255).all()
    np.testing.assert_array_equal(tile(picture, 0, 2), np.round(254 * images[2].reshape(8, 8)))
    assert (tile(picture, 1, 2) == 255).all()  # there is no third one


def test_mosaic_cuts_off_and_leaves_holes() -> None:
    image = np.array([[-1.0, 2.0, np.nan, 0.5]])
    assert mosaic([image], (2, 2), [(0, 1)]).ravel().tolist() == [0, 254, 255, 127]


def test_reconstruction_rows(digits: RunRecord, make: Make) -> None:
    assert image_reconstruction_figure(digits).layout.yaxis.ticktext == (
        "input",
        "reconstruction",
        "difference",
    )
    noisy = make(64, k=8, n=12, depth=8, task="denoise")
    figure = image_reconstruction_figure(noisy, 6, dark=True)
    assert figure.layout.yaxis.ticktext == ("input", "clean", "output", "difference")
    assert np.asarray(figure.data[0].z).shape == (4 * 9 - 1, 6 * 9 - 1)


def test_difference_is_signed_about_its_middle(digits: RunRecord, change: Callable[..., RunRecord]) -> None:
    targets = digits.probe["targets"]
    exact = change(digits, snapshot_outputs=targets[None].copy())
    shown = tile(np.asarray(image_reconstruction_figure(exact, 4).data[0].z), 2, 0)
    assert (shown == 127 + 63).all()
    brighter = change(digits, snapshot_outputs=targets[None] + np.linspace(0.1, 0.2, 64))
    shown = tile(np.asarray(image_reconstruction_figure(brighter, 4).data[0].z), 2, 0)
    assert (shown > 127 + 63).all() and shown.max() == 253


def test_nan_images_are_holes(digits: RunRecord, change: Callable[..., RunRecord]) -> None:
    states = digits.probe["flow_states"].copy()
    states[3:] = np.nan
    broken = change(digits, flow_states=states, snapshot_outputs=np.full((1, 40, 64), np.nan))
    assert (tile(np.asarray(image_reconstruction_figure(broken, 4).data[0].z), 1, 1) == 255).all()


def test_other_data_are_refused(make: Make, digits: RunRecord) -> None:
    assert is_image_run(digits) and image_shape(digits) == (8, 8)
    assert not is_image_run(make(2))
    with pytest.raises(InputError, match="images"):
        image_reconstruction_figure(make(2))
    with pytest.raises(InputError, match="task"):
        image_reconstruction_figure(make(64, k=3, depth=8, classes=3, task="classify"))
