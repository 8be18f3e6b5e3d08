"""A column of a table that was chosen to colour goes before classes, by its name."""

from collections.abc import Callable
from pathlib import Path

import pytest

from autoencode_core.data.reading import Reading
from autoencode_core.figures.marks import marks
from autoencode_core.figures.scenes.flow import colours_of
from autoencode_core.store.record import RunRecord

Make = Callable[..., RunRecord]
TABLE = str(Path(__file__).parents[1] / "data" / "cases" / "semicolon.csv")


@pytest.mark.parametrize("classes", [0, 3])
def test_the_chosen_column_colours_by_its_name(make: Make, classes: int) -> None:
    record = make(3, classes=classes)
    spec = record.spec.model_copy(update={"dataset": TABLE, "reading": Reading(colour="a < b")})
    chosen = type(record)(**{**vars(record), "spec": spec})
    names = [colour["name"] for colour in colours_of(chosen)]
    assert names[0] == "a < b" and ("class" in names) == bool(classes)
    assert names.count("a < b") == 1 and "place along the data" not in names
    drawn = marks(
        chosen, record.probe["labels"].argsort() if classes else record.probe["hue"].argsort(), False
    )
    assert not len(drawn.labels)
    plain = [colour["name"] for colour in colours_of(record)]
    assert plain[0] == ("class" if classes else "place along the data")
