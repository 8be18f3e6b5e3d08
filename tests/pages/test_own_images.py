"""A person's own files of images: dropped on the page, kept by their content, trained on."""

import gzip

import numpy as np
import pytest
from idx_files import idx, images
from knob_page import app, spec_of
from streamlit.testing.v1 import AppTest

from autoencode_core.errors import InputError
from autoencode_core.spec import RunSpec
from pages.shared import own_images
from pages.shared.own_images import Upload

PICTURES = Upload("My photos-images-idx3-ubyte.gz", gzip.compress(idx(images(40, 6, 5))))
LABELS = Upload("My photos-labels-idx1-ubyte", idx(np.arange(40) % 4))


@pytest.fixture(autouse=True)
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv("AUTOENCODE_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


def dropped(at: AppTest, *files: Upload) -> AppTest:
    at.get_by_key("knob_dataset").set_value("own_images")
    at.run()
    assert spec_of(at) is None
    at.file_uploader(key="knob_images").set_value([(*file, "application/octet-stream") for file in files])
    at.run()
    return at


def test_dropped_images_become_the_data_set(runs):
    at = dropped(app(), LABELS, PICTURES)
    spec = spec_of(at)
    path = next((runs / "data").glob("*-my-photos-images-idx3-ubyte.gz"))
    assert spec == RunSpec(dataset=str(path)) and spec.particles == 32
    assert "classify" in at.get_by_key("knob_task").options
    assert next((runs / "data").glob("*-my-photos-labels-idx1-ubyte")).read_bytes() == LABELS.data
    assert "my-photos-images-idx3-ubyte.gz" in app().get_by_key("knob_dataset").options


def test_images_alone_have_no_classes():
    at = dropped(app(), PICTURES)
    assert spec_of(at) is not None and "classify" not in at.get_by_key("knob_task").options


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ((LABELS,), "a file of images (idx3) with it"),
        ((PICTURES, PICTURES), "one IDX file of images"),
        ((Upload("holiday.png", b"\x89PNG"),), "holiday.png"),
        ((PICTURES, Upload("l", idx(np.arange(39)))), "40 labels, one for each image; not 39"),
        ((Upload("cut.idx3-ubyte.gz", PICTURES.data[:-9]),), "this one is damaged"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_kept(files, says, runs):
    at = dropped(app(), *files)
    assert spec_of(at) is None and says in at.error[0].value.replace("\\", "")
    assert not (runs / "data").exists()
    at.get_by_key("knob_dataset").set_value("torus")
    at.run()
    assert not at.error and spec_of(at) == RunSpec(dataset="torus")


def test_files_that_are_gone_are_asked_for_again(runs):
    at = dropped(app(), PICTURES)
    next((runs / "data").glob("*idx3*")).unlink()
    at.run()
    assert spec_of(at) is None
    assert any("is not among the uploaded files" in each.value for each in at.caption)
    assert at.get_by_key("knob_dataset").value == "own_images"


def test_the_same_content_is_kept_once_and_names_are_told_apart():
    first = own_images.keep([PICTURES, LABELS])
    assert own_images.keep([LABELS, PICTURES]) == first
    alone = own_images.keep([PICTURES])
    assert alone != first and own_images.uploaded() == sorted([alone, first])
    other = own_images.keep([Upload("../../x/My photos-images-idx3-ubyte.gz", gzip.compress(idx(images(9))))])
    names = own_images.titles([first, other])
    assert len(set(names.values())) == 2 and all("my-photos-images" in name for name in names.values())
    with pytest.raises(InputError):
        own_images.keep([])
