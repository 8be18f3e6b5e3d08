"""What links say of knobs: short names, plain values, and no text that raises."""

import json

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from autoencode_core.data.catalogue import CATALOGUE
from autoencode_core.knob_links import LONGEST, SHORT, link_entries, read_knobs
from autoencode_core.spec import AUTO, RunSpec

LONG = {short: name for name, short in SHORT.items()}
TAKEN = {"run", "job", "study", "view", "t", "lesson", "done", "embed", "teach", "look", "section"}
NASTY = ["inf", "-inf", "nan", "1e400", "1e-400", "9" * 5000, "", " ", "true", "None", "off", "auto", "0x10"]
NASTY += ["1_0", "½", "\x00", "‮", "../../etc/passwd.csv", "[]", "{}", "[" * 3000, "1,2,3", "3;2", "5 %"]


def read(entries, base=None, files=None):
    return read_knobs({LONG[short]: text for short, text in entries.items()}, base or {}, files or {})


def test_every_knob_has_a_short_name_of_its_own_that_nothing_else_has():
    assert set(SHORT) == set(RunSpec.model_fields) - {"changes"}
    assert len(set(SHORT.values())) == len(SHORT) and not set(SHORT.values()) & TAKEN
    assert [SHORT[n] for n in ("dataset", "bottleneck", "depth", "horizon", "tikhonov", "particles")] == [
        "data", "k", "L", "T", "lambda", "N"]  # fmt: skip


def test_defaults_are_left_out_and_values_are_words_of_the_spec():
    assert link_entries(RunSpec()) == {}
    assert link_entries(RunSpec(dataset="digits", bottleneck=5, tikhonov=1e-5)) == {
        "data": "digits",
        "k": "5",
        "lambda": "1e-5",
    }
    assert link_entries(RunSpec(tikhonov=AUTO, fidelity=None)) == {"lambda": "auto", "fidelity": "off"}
    assert link_entries(RunSpec(dataset="mnist")) == {"data": "mnist"}  # adam and its batches suit it


numbers = st.floats(1e-6, 9, allow_nan=False) | st.sampled_from([0.1, 1e-3, 1e-10])


@st.composite
def specs(draw):
    dataset = draw(st.sampled_from(["circle", "s_curve", "digits", "moons"]))
    width, depth = CATALOGUE[dataset].width, 2 * draw(st.integers(2, 20))
    k = draw(st.integers(1, width))
    knobs = {
        "dataset": dataset,
        "bottleneck": k,
        "depth": depth,
        "tikhonov": draw(numbers | st.just(0.0) | st.just(AUTO)),
        "horizon": draw(st.floats(0.01, 100)),
        "order": draw(st.sampled_from(["natural", "variance"]) | st.permutations(range(width)).map(tuple)),
        "profile": draw(st.sampled_from(["linear", "step", (*[width] * (depth // 2 - 1), k)])),
        "fidelity": draw(st.none() | st.floats(0, 1)),
        "method": draw(st.sampled_from(["lbfgs", "adam", "pmp"])),
        "task": draw(st.sampled_from(["reconstruct", "denoise"])),
        "hidden": draw(st.none() | st.integers(1, 9)),
        "particles": draw(st.integers(1, 900)),
        "data_seed": draw(st.none() | st.integers(0, 9)),
    }
    chosen = draw(
        st.sets(st.sampled_from(sorted(set(knobs) - {"dataset", "bottleneck", "depth", "profile"})))
    )
    kept = {"dataset", "bottleneck", "depth", "profile", *chosen}
    return RunSpec(**{name: value for name, value in knobs.items() if name in kept})


@settings(max_examples=200, deadline=None)
@given(spec=specs(), other=specs())
def test_a_link_gives_the_same_spec_whatever_run_it_starts_from(spec, other):
    for base in ({}, dict(other)):
        values, complaints = read(link_entries(spec, base), base)
        assert RunSpec(**values) == spec and not complaints


texts = st.text(max_size=30) | st.sampled_from(NASTY) | st.integers().map(str) | st.floats().map(repr)
links = st.dictionaries(st.sampled_from(sorted(LONG)), texts, max_size=8)


@settings(max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(entries=links)
@example(entries={"L": "inf"})
@example(entries={"data": "circle", "k": "9", "profile": "1", "order": "7", "batch": "2", "noise": "-1"})
def test_no_link_raises_and_what_is_not_taken_is_named(entries):
    values, complaints = read(entries)
    RunSpec(**values)
    assert {LONG[short] for short in entries} == set(values) | {error.field for error in complaints}
    assert all(len(str(error.value)) <= 40 and error.allowed for error in complaints)


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("name", ["L", "lambda", "order", "reading", "data", "seed"])
def test_nasty_texts_raise_nowhere(name, text):
    RunSpec(**read({name: text})[0])


def test_a_bad_value_is_replaced_and_named_and_the_others_hold():
    values, (error,) = read({"data": "digits", "k": "65", "T": "3"})
    assert values == {"dataset": "digits", "horizon": 3.0}
    assert (error.field, error.value) == ("bottleneck", "65") and "64" in error.allowed
    assert len(read({"data": "x" * (LONGEST + 1)})[1]) == 1


def test_a_base_that_does_not_go_with_the_link_gives_way_without_a_word():
    base = {"dataset": "s_curve", "bottleneck": 3, "horizon": 3.0}
    assert read({"data": "circle"}, base) == ({"dataset": "circle", "horizon": 3.0}, [])


def test_only_files_that_are_known_are_data_sets(tmp_path):
    table = tmp_path / "a.csv"
    table.write_text("a,b,c\n" + "\n".join(f"{i},{i * i},{-i}" for i in range(9)))
    files = {"a.csv": str(table)}
    spec = RunSpec(dataset=str(table), bottleneck=1, reading={"drop": ("c",)})
    entries = link_entries(spec, files=files)
    assert entries["data"] == "a.csv" and json.loads(entries["reading"]) == {"drop": ["c"]}
    assert RunSpec(**read(entries, files=files)[0]) == spec
    assert [error.field for error in read({"data": str(table)})[1]] == ["dataset"]


def test_changes_by_hand_are_in_no_link():
    spec = RunSpec(tikhonov=1e-3)
    assert "changes" not in SHORT
    assert link_entries(spec.but(changes="40:tikhonov=0.1")) == link_entries(spec.but(tikhonov=0.1))
