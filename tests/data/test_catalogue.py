"""A new data set is a function and an entry of the catalogue: everything else knows it by these."""

from collections.abc import Iterator
from unittest.mock import patch

import numpy as np
import pytest
from numpy.random import Generator
from pydantic import ValidationError

import autoencode_core as ac
from autoencode_core.cli import main
from autoencode_core.data.catalogue import CATALOGUE, DatasetCard, card
from autoencode_core.data.images import Images
from autoencode_core.data.loading import load
from autoencode_core.data.synthetic import Sample
from autoencode_core.errors import InputError
from autoencode_core.knobs import allowed, bounds, choices, in_words


def cross(rng: Generator, n: int) -> Sample:
    """Two crossing segments in space; hue runs along them."""
    u, coin = rng.random((n, 2)).T
    labels = (coin >= 0.5).astype(np.int64)
    along = 2 * u - 1
    return Sample(np.column_stack([along, np.where(labels, along, -along), 0.1 * along]), u, labels)


def crosses() -> Images:
    """Forty images of 3 x 2 pixels."""
    grey = np.random.default_rng(0).integers(0, 10, (40, 6)).astype(np.uint8)
    return Images(grey, 9, np.arange(40) % 2, ("even", "odd"))


MADE = DatasetCard(
    "cross",
    "Cross",
    3,
    "Two crossing segments.",
    sampler=cross,
    labels=("rising", "falling"),
    defaults={"bottleneck": 1, "depth": 6, "tikhonov": 0.01},
)
READ = DatasetCard(
    "crosses",
    "Crosses",
    6,
    "Small images.",
    images=crosses,
    image=(3, 2),
    rows=40,
    labels=("even", "odd"),
    defaults={"particles": 32, "depth": 4},
)


@pytest.fixture
def registered() -> Iterator[None]:
    with patch.dict(CATALOGUE, {known.name: known for known in (MADE, READ)}):
        yield


def test_every_entry_says_what_makes_or_reads_it() -> None:
    assert all((known.sampler is None) != (known.images is None) for known in CATALOGUE.values())
    assert all(known.name == name for name, known in CATALOGUE.items())


@pytest.mark.parametrize(("known", "particles"), [(MADE, 24), (READ, 32)])
def test_an_entry_is_loaded_with_its_labels_and_trained_on(
    registered: None, known: DatasetCard, particles: int
) -> None:
    data = load(known.name, particles, 0.0, 0, "classify")
    assert data.train.shape == (particles, known.width) and data.label_names == known.labels
    assert data.train_labels is not None and set(data.train_labels.tolist()) == {0, 1}
    spec = ac.RunSpec(dataset=known.name)
    assert all(getattr(spec, name) == value for name, value in known.defaults.items())
    run = ac.train(spec.but(particles=particles, iterations=3))
    assert run.label_names == known.labels and len(run.history["cost"]) > 1
    assert run.history["cost"][-1] < run.history["cost"][0]


def test_knobs_and_the_command_line_know_an_entry(
    registered: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "classify" in choices("task", "cross") and "transport" not in choices("task", "cross")
    assert bounds("bottleneck", "cross") == (1, 3) and bounds("particles", "crosses")[1] == 32
    assert "cross, crosses" in allowed("dataset") and in_words("dataset", "cross") == "Cross"
    with pytest.raises(ValidationError, match="from 1 to 3, the width of Cross"):
        ac.RunSpec(dataset="cross", bottleneck=4)
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    assert "crosses" in capsys.readouterr().out


def test_an_entry_that_is_removed_is_unknown() -> None:
    with pytest.raises(InputError, match="circle"):
        card("cross")
    with pytest.raises(ValidationError, match="circle"):
        ac.RunSpec(dataset="cross")
    assert "crosses" not in allowed("dataset")
