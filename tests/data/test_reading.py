"""How a table is read, as a value: its words, its place in a spec, in comparisons, and in stored files."""

import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from autoencode_core.compare import differences, one_landscape, warnings
from autoencode_core.data.reading import AS_FOUND, Reading, allowed_in, reading_in_words
from autoencode_core.data.survey import survey
from autoencode_core.knobs import explain, in_words
from autoencode_core.spec import RunSpec
from autoencode_core.store.stored_spec import spec_in

CASES = Path(__file__).parent / "cases"
TABLE = str(CASES / "semicolon.csv")


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ({"separator": "\t"}, {"separator": "tab"}),
        ({"separator": "semicolon"}, {"separator": ";"}),
        ({"decimal": "comma"}, {"decimal": ","}),
        ({"thousands": " "}, {"thousands": "space"}),
        ({"drop": "a, b"}, {"drop": ("a", "b")}),
        ({"drop": 'a,"b, c"'}, {"drop": ("a", "b, c")}),
        ({"drop": ""}, {}),
    ],
)
def test_other_spellings_are_understood(given: dict[str, Any], meant: dict[str, Any]) -> None:
    assert Reading.model_validate(given) == Reading.model_validate(meant)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("separator", ":"),
        ("decimal", "'"),
        ("thousands", "_"),
        ("header", "maybe"),
        ("missing", "guess"),
        ("label", "x" * 2000),
        ("drop", ["x"] * 2000),
        ("colour", 3),
    ],
)
def test_what_is_not_allowed_is_named_with_what_is(name: str, value: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        RunSpec(dataset=TABLE, reading={name: value})
    (complaint,) = explain(caught.value)
    assert complaint.field == name and complaint.allowed == allowed_in(name)


def test_a_field_that_is_none_is_named() -> None:
    with pytest.raises(ValidationError) as caught:
        RunSpec(dataset=TABLE, reading={"delimiter": ";"})
    (complaint,) = explain(caught.value)
    assert complaint.field == "reading" and "separator" in complaint.allowed


def test_every_field_explains_itself() -> None:
    for name, info in Reading.model_fields.items():
        assert info.title and info.description and info.description.endswith(".")
        assert allowed_in(name)


def test_in_words_only_what_is_not_left_to_what_is_found() -> None:
    assert in_words("reading", AS_FOUND) == "as found"
    assert reading_in_words(Reading(drop=("a", "b"), decimal=",")) == "decimal mark ,; left out a, b"


def test_a_spec_repeats_how_its_table_is_read() -> None:
    spec = RunSpec(dataset=TABLE, reading=Reading(drop=("a",)))
    assert spec.card().columns == ("b", "c") and spec.bottleneck == 1 and spec.particles == 9
    assert RunSpec.model_validate_json(spec.model_dump_json()) == spec
    assert spec_in(spec.model_dump(mode="json"), "spec.json") == spec
    assert spec.but(seed=3).reading == spec.reading and spec.but(dataset="moons").reading == AS_FOUND
    assert spec.but(reading=AS_FOUND).particles == 9
    with pytest.raises(ValidationError):
        RunSpec(dataset=TABLE, reading=Reading(drop=("a",)), bottleneck=3)


def test_what_is_no_table_is_not_read() -> None:
    with pytest.raises(ValidationError) as caught:
        RunSpec(dataset="moons", reading={"missing": "mean"})
    assert explain(caught.value)[0].field == "reading"


def test_a_spec_knows_its_file_from_every_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(CASES)
    spec = RunSpec(dataset="semicolon.csv")
    assert spec.dataset == TABLE == os.path.abspath(TABLE)
    monkeypatch.chdir(tmp_path)
    assert spec.card().rows == 12


def test_a_stored_spec_of_before_uses_every_column_and_keeps_its_path() -> None:
    before = spec_in({"dataset": "old/mine.csv", "bottleneck": 1}, "spec.json")
    assert before.dataset == "old/mine.csv" and before.reading == Reading(drop=("none",))
    assert spec_in({"dataset": "moons"}, "spec.json").reading == AS_FOUND


def test_reading_otherwise_is_a_difference_of_the_data() -> None:
    one = RunSpec(dataset=TABLE)
    other = one.but(reading=Reading(colour="a"))
    (row,) = [knob for knob in differences([one, other]) if knob.differs]
    assert (row.name, row.values) == ("reading", ("as found", "colour a"))
    assert not one_landscape(one, other)
    assert "not seen the same particles" in " ".join(warnings([one, other]))


def test_the_shortest_reading_that_says_it() -> None:
    rows = "".join(f"{i},{i * 7 % 5},{i * i},{i * 3 % 7},{'uv'[i % 2]},w{i}\n" for i in range(1, 9))
    text = f"id,a,b,c,kind,text\n{rows}".encode()
    found = survey(text)
    assert found.reading_for(["id", "text"], "kind", "") == AS_FOUND
    assert found.reading_for(["id", "text", "b"], "kind", "") == Reading(drop=("b",))
    assert found.reading_for(["text"], "kind", "") == Reading(drop=("none", "text"))
    assert found.reading_for(["id", "kind", "text"], "", "") == Reading(label="none")
    assert found.reading_for(["id", "text"], "kind", "a") == Reading(colour="a")
    for left, label, colour in ((["text"], "kind", "id"), (["id", "a", "text"], "kind", "b"), ([], "a", "")):
        told = found.with_reading(found.reading_for(left, label, colour))
        assert {name for name, role in told.roles.items() if role == "left out"} == set(left)
        assert (told.roles[label], told.colour) == ("label", colour)
