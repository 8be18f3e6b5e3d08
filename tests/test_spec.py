from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from own import registered
from pydantic import ValidationError

from autoencode_core import spec_defaults
from autoencode_core.data import catalogue
from autoencode_core.data.catalogue import CATALOGUE, card
from autoencode_core.data.reading import Reading
from autoencode_core.knobs import allowed, bounds, choices, explain
from autoencode_core.spec import RunSpec
from autoencode_core.store.stored_spec import spec_in

NUMERIC = [name for name in RunSpec.model_fields if bounds(name) != (None, None)]


def complaints(**knobs):
    with pytest.raises(ValidationError) as caught:
        RunSpec(**knobs)
    return {error.field: error for error in explain(caught.value)}


@pytest.mark.parametrize("dataset", list(CATALOGUE))
def test_every_data_set_has_a_default_spec(dataset):
    spec = RunSpec(dataset=dataset)
    assert RunSpec.model_validate_json(spec.model_dump_json()) == spec


@pytest.mark.parametrize("name", NUMERIC)
def test_every_bound_is_kept_and_named(name):
    low, high = bounds(name)
    extra = {"method": "adam"} if name == "batch_size" else {}
    optional = type(None) in get_args(RunSpec.model_fields[name].annotation)
    nothing = [] if optional else [None]
    for value in (low - 1, high + 1, float("nan"), float("inf"), "many", *nothing):
        error = complaints(**{name: value, **extra})[name]
        assert error.value is value or error.value == value or str(error.value) == str(value)
        fewer = allowed(name).replace(f"{high:.0f}", str(RunSpec().particles))
        assert error.allowed in (allowed(name), fewer)


@pytest.mark.parametrize("name", [n for n in RunSpec.model_fields if n not in NUMERIC and n != "dataset"])
def test_every_choice_is_kept_and_listed(name):
    error = complaints(**{name: "nonsense"})[name]
    assert all(word in error.allowed for word in choices(name))


@pytest.mark.parametrize("name", list(RunSpec.model_fields))
def test_every_knob_explains_itself(name):
    info = RunSpec.model_fields[name]
    assert info.title and info.description and info.description.endswith(".")
    assert info.json_schema_extra["group"] in ("main", "more", "table", "log")
    assert allowed(name)


@pytest.mark.parametrize(
    ("knobs", "field", "words"),
    [
        ({"depth": 7}, "depth", "even"),
        ({"dataset": "moons", "bottleneck": 3}, "bottleneck", "from 1 to 2, the width of Two moons"),
        ({"dataset": "s_curve", "depth": 6, "profile": [3, 4, 2]}, "profile", "never grow"),
        ({"dataset": "s_curve", "depth": 6, "profile": [3, 2]}, "profile", "3 whole numbers"),
        ({"dataset": "s_curve", "depth": 6, "profile": [2, 2, 2]}, "profile", "start at 3"),
        ({"dataset": "s_curve", "order": [0, 1, 1]}, "order", "each of 0 to 2 once"),
        ({"tikhonov": -1e-9}, "tikhonov", "from 0"),
        ({"dataset": "s_curve", "task": "classify"}, "task", "no labels"),
        ({"dataset": "s_curve", "task": "transport"}, "task", "targets"),
        ({"dataset": "digits", "particles": 1438}, "particles", "1437"),
        ({"method": "pmp", "batch_size": 10}, "batch_size", "adam"),
        ({"method": "adam", "particles": 500, "batch_size": 501}, "batch_size", "500"),
        ({"task": "denoise", "noise": 0}, "noise", "above 0"),
        ({"dataset": "nothing"}, "dataset", "s_curve"),
        ({"substeps": 0}, "substeps", "a whole number from 1 to 64"),
        ({"substeps": 65}, "substeps", "a whole number from 1 to 64"),
        ({"substeps": 1.5}, "substeps", "a whole number from 1 to 64"),
        ({"fidelity": -1}, "fidelity", "a number from 0 to 1"),
        ({"fidelity": "on"}, "fidelity", "a number from 0 to 1"),
        ({"scheme": "heun"}, "scheme", "euler, midpoint, rk4"),
        ({"field": "cubic"}, "field", "single_layer, two_layer"),
        ({"activation": "gelu"}, "activation", "tanh, softplus, relu, sin, identity"),
        ({"lambda": 1}, "lambda", "tikhonov"),
    ],
)
def test_what_does_not_fit_is_named(knobs, field, words):
    assert words in complaints(**knobs)[field].allowed


@pytest.mark.parametrize("off", [None, "", "off", " Off "])
def test_fidelity_can_be_off(off):
    assert RunSpec(fidelity=off).fidelity is None
    assert RunSpec(fidelity="0.1").fidelity == 0.1 and RunSpec().fidelity == 0.02


def test_an_ode_is_what_one_gets_unless_one_asks_otherwise():
    spec = RunSpec()
    assert (spec.scheme, spec.substeps, spec.fidelity) == ("rk4", 1, 0.02)
    assert spec.but(scheme="euler", fidelity=None).but(seed=1).fidelity is None
    stored = {"dataset": "moons", "depth": 8}
    before = spec_in(stored, "spec")
    assert (before.scheme, before.substeps, before.fidelity) == ("euler", 1, None)


def test_what_is_registered_is_a_choice_at_once_and_gone_with_it():
    chosen = {"field": "leaky", "activation": "arctan", "scheme": "kutta"}
    with registered():
        spec = RunSpec(**chosen)
        assert RunSpec.model_validate_json(spec.model_dump_json()) == spec
        assert all(word in allowed(name) and word in choices(name) for name, word in chosen.items())
    for name, word in chosen.items():
        assert word not in complaints(**{name: word})[name].allowed


def test_the_error_itself_names_field_and_range():
    with pytest.raises(ValidationError, match=r"(?s)depth.*400"):
        RunSpec(depth=1000)


def test_lists_come_as_text_too():
    spec = RunSpec(dataset="s_curve", depth=6, profile="3, 3,2", order="2 0 1")
    assert spec.profile == (3, 3, 2) and spec.order == (2, 0, 1)


def test_knobs_not_given_suit_the_data_set_and_the_method():
    assert RunSpec(dataset="digits").particles == 1437
    assert RunSpec(dataset="digits", depth=30).depth == 30
    assert RunSpec(method="adam").learning_rate == 0.02 and RunSpec(method="pmp").learning_rate == 1.0
    assert RunSpec(task="denoise").noise > 0


@given(name=st.sampled_from(sorted(CATALOGUE)), depth=st.integers(2, 200), tikhonov=st.floats(0, 1000))
def test_a_spec_survives_json(name, depth, tikhonov):
    spec = RunSpec(dataset=name, depth=2 * depth, tikhonov=tikhonov)
    assert RunSpec.model_validate_json(spec.model_dump_json()) == spec


def test_but_keeps_what_was_chosen_and_lets_the_rest_follow():
    assert RunSpec().but(method="adam").learning_rate == 0.02
    assert RunSpec(learning_rate=0.5).but(method="adam").learning_rate == 0.5
    assert RunSpec().but(task="denoise").noise == 0.1
    assert RunSpec(dataset="mnist").but(method="pmp").batch_size == 0
    assert RunSpec(dataset="mnist", particles=100).batch_size == 100


def test_but_validates_again():
    with pytest.raises(ValidationError):
        RunSpec().but(depth=3)
    assert RunSpec().but(seed=4).seed == 4


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(
        "a,b,c\n" + "".join(f"{i % 9},{i * i % 7},{i % 5}\n" for i in range(20)), encoding="utf-8"
    )
    return path


def test_a_table_is_looked_up_once_and_before_validation(table, monkeypatch):
    looked = []

    def counted(*asked):
        looked.append(asked)
        return card(*asked)

    monkeypatch.setattr(spec_defaults, "card", counted)
    spec = RunSpec(dataset=str(table))
    assert (spec.bottleneck, spec.particles, spec.coordinates) == (2, 16, "correlation")
    assert looked == [(str(table), Reading())]
    wide, many = complaints(dataset=str(table), bottleneck=99), complaints(dataset=str(table), particles=17)
    assert (
        "from 1 to 3, the width of mine" in wide["bottleneck"].allowed and "16" in many["particles"].allowed
    )


def test_a_stored_spec_looks_no_file_up(table, monkeypatch):
    stored = RunSpec(dataset=str(table)).model_dump(mode="json")
    monkeypatch.setattr(catalogue, "read_table", None)
    assert RunSpec.as_stored(stored | {"bottleneck": 99}).bottleneck == 99
    table.unlink()
    assert RunSpec.as_stored(stored).model_dump(mode="json") == stored
    for wrong in (stored | {"depth": 7}, {"dataset": "moons", "bottleneck": 3}, [stored], 5):
        with pytest.raises(ValidationError):
            RunSpec.as_stored(wrong)


def test_a_file_is_named_by_its_whole_path(table, monkeypatch):
    monkeypatch.chdir(table.parent)
    assert RunSpec(dataset="mine.csv") == RunSpec(dataset=str(table))
    assert RunSpec.model_validate({"dataset": "mine.csv"}).dataset == str(table)
