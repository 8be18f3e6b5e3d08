"""The knobs: derived from RunSpec, nothing typed is lost, bad values are named."""

from pathlib import Path

import pytest
from knob_page import app, knob, script, spec_of, turn
from streamlit.testing.v1 import AppTest

from autoencode_core.data.catalogue import CATALOGUE
from autoencode_core.data.reading import Reading
from autoencode_core.flow.schemes import SCHEMES
from autoencode_core.knob_links import plain_number as short
from autoencode_core.spec import RunSpec
from pages.shared import own_table, setup
from pages.shared.knob_widgets import GRIDS

IRIS = b"a,b,c,label\n" + b"".join(
    b"%d,%d,%d,%s\n" % (i, i * i, 3 - i, b"xy"[i % 2 :][:1]) for i in range(20)
)


@pytest.fixture(autouse=True)
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv("AUTOENCODE_RUNS", str(tmp_path))
    return tmp_path


def captions(at: AppTest) -> str:
    return " | ".join(caption.value for caption in at.caption)


def test_untouched_knobs_are_the_default_spec():
    assert spec_of(app()) == RunSpec()


def test_the_tikhonov_weight_stands_first_then_the_data_set():
    drawn = [key for key in _keys(app()) if key.startswith("knob_")]
    first = ("tikhonov_auto", "tikhonov", "dataset", "bottleneck", "depth", "horizon")
    assert drawn[:6] == [f"knob_{n}" for n in first]


def _keys(at: AppTest) -> list[str]:
    found = []

    def walk(node):
        for child in getattr(node, "children", {}).values():
            key = getattr(child, "key", None)
            if key:
                found.append(key)
            walk(child)

    walk(at.main)
    return found


def test_every_field_has_a_widget_or_a_reason_not_to():
    shown = {key.removeprefix("knob_") for key in _keys(app())}
    # lbfgs has no batches; how a table is read is asked where it is shown.
    assert set(RunSpec.model_fields) - shown == {"batch_size", "inner_steps", "metric", "reading", "changes"}


def test_every_widget_explains_itself():
    at = app()
    for key in _keys(at):
        if key.startswith("knob_") and key != "knob_dataset":
            name = key.removeprefix("knob_")
            text = at.get_by_key(key).help
            if name == "tikhonov_auto":
                assert "cross-validation" in text
                continue
            assert "Allowed: " in text
            symbol = RunSpec.model_fields[name].json_schema_extra["symbol"]
            assert not symbol or text.startswith(f"**{symbol}**")


@pytest.mark.parametrize("dataset", [name for name in CATALOGUE if name != "mnist"])
def test_every_data_set_brings_what_suits_it(dataset):
    assert spec_of(turn(app(), "dataset", dataset)) == RunSpec(dataset=dataset)


def test_mnist_takes_adam_and_its_batches():
    at = turn(app(), "dataset", "mnist")
    assert spec_of(at) == RunSpec(dataset="mnist")
    assert knob(at, "batch_size").value == 256


def test_a_touched_knob_stays_when_the_data_set_changes():
    at = turn(turn(app(), "depth", 10), "dataset", "bimodal")  # 10 is what that has by default
    at = turn(at, "dataset", "moons")
    assert spec_of(at) == RunSpec(dataset="moons", depth=10) != RunSpec(dataset="moons")


def test_the_bottleneck_is_clamped_with_a_note_and_comes_back():
    at = turn(turn(turn(app(), "dataset", "digits"), "bottleneck", 16), "dataset", "s_curve")
    assert spec_of(at).bottleneck == 3
    assert "16 was asked for; 3 it is" in captions(at)
    at = turn(at, "dataset", "digits")
    assert spec_of(at).bottleneck == 16
    assert "asked for" not in captions(at)


def test_particles_are_clamped_to_what_there_is():
    at = turn(turn(app(), "particles", 5000), "dataset", "digits")
    assert spec_of(at).particles == 1437


def test_a_task_that_the_data_set_cannot_do_gives_way_and_returns():
    at = turn(turn(turn(app(), "dataset", "moons"), "task", "classify"), "dataset", "circle")
    assert spec_of(at).task == "reconstruct"
    assert "does not go with Circle" in captions(at)
    assert "classify" not in knob(at, "task").options
    assert spec_of(turn(at, "dataset", "moons")).task == "classify"


def test_knobs_without_effect_are_hidden():
    at = turn(app(), "method", "adam")
    assert "knob_batch_size" in _keys(at)
    assert spec_of(at).learning_rate == RunSpec(method="adam").learning_rate
    at = turn(turn(at, "batch_size", 64), "method", "pmp")
    assert "knob_batch_size" not in _keys(at)
    assert "knob_inner_steps" in _keys(at)
    assert spec_of(at).batch_size == 0
    at = turn(turn(at, "method", "adam"), "field", "single_layer")
    assert spec_of(at).batch_size == 64
    assert "knob_expansion" not in _keys(at)


def test_denoise_starts_with_noise():
    assert spec_of(turn(app(), "task", "denoise")).noise == 0.1


def test_an_odd_depth_is_named_and_nothing_is_lost():
    at = turn(turn(app(), "horizon", 7.25), "depth", 21)
    assert spec_of(at) is None
    assert len(at.error) == 1
    assert at.error[0].value == "**Depth** is 21. Allowed is an even number from 4 to 400."
    at = turn(at, "depth", 22)
    assert not at.error
    assert spec_of(at) == RunSpec(depth=22, horizon=7.25)


@pytest.mark.parametrize(
    ("name", "value"),
    [("depth", 402), ("depth", 2), ("horizon", 0.0), ("horizon", 101.0), ("particles", 0), ("iterations", 0),
     ("noise", -1.0), ("init_scale", 11.0), ("seed", -1), ("expansion", 17)],
)  # fmt: skip
def test_bounds_hold_on_the_server(name, value):
    at = turn(app(), name, value)
    assert spec_of(at) is None
    assert RunSpec.model_fields[name].title in at.error[0].value


def test_a_custom_profile_starts_from_the_linear_one_and_is_checked():
    at = turn(turn(turn(app(), "dataset", "s_curve"), "depth", 12), "profile", "custom")
    assert knob(at, "profile_list").value == "3, 3, 3, 2, 2, 2"
    assert spec_of(at).profile == (3, 3, 3, 2, 2, 2)
    at = turn(at, "profile_list", "3, 2, 3, 2, 2, 2")
    assert spec_of(at) is None
    assert "never grow" in at.error[0].value
    at = turn(at, "profile_list", "three")
    assert spec_of(at) is None
    at = turn(turn(at, "profile", "step"), "profile", "custom")
    assert knob(at, "profile_list").value == "three"
    assert spec_of(turn(at, "profile_list", "3 3 3 3 2 2")).profile == (3, 3, 3, 3, 2, 2)


def test_a_custom_order_is_a_permutation():
    at = turn(turn(app(), "dataset", "s_curve"), "order", "custom")
    assert spec_of(at).order == (0, 1, 2)
    assert spec_of(turn(at, "order_list", "2, 0, 1")).order == (2, 0, 1)
    at = turn(at, "order_list", "0, 1")
    assert spec_of(at) is None
    assert at.error[0].value.startswith("**Order of deactivation**")


LOADED = [
    {"tikhonov": 0.00123, "learning_rate": 0.37, "tolerance": 3.3e-7},
    {"dataset": "digits", "tikhonov": 0.0, "field": "single_layer", "expansion": 9, "seed": 7},
    {"dataset": "moons", "task": "classify", "method": "adam", "batch_size": 100, "bottleneck": 2},
    {
        "dataset": "s_curve",
        "depth": 12,
        "profile": (3, 3, 2, 2, 2, 2),
        "order": (2, 1, 0),
        "dtype": "float64",
        "tikhonov": 1000.0,
    },
    {"dataset": "bimodal", "inner_steps": 5, "noise": 0.123456789},
]


@pytest.mark.parametrize("wanted", LOADED)
def test_a_loaded_run_sets_every_knob_exactly(wanted):
    at = turn(turn(app(load=wanted), "depth", 30), "iterations", 77)
    at.button(key="load").click()
    at.run()
    assert not at.exception
    assert spec_of(at) == RunSpec(**wanted)


def test_after_loading_what_the_run_left_at_its_default_follows_the_data_set():
    at = app(load={"dataset": "s_curve", "tikhonov": 0.02})
    at.button(key="load").click()
    at.run()
    assert spec_of(turn(at, "dataset", "digits")) == RunSpec(dataset="digits", tikhonov=0.02)


def test_back_to_what_suits_keeps_the_data_set():
    at = turn(turn(app(), "dataset", "torus"), "depth", 40)
    at.button(key="knobs_reset").click()
    at.run()
    assert spec_of(at) == RunSpec(dataset="torus")


def test_the_link_sets_knobs_and_a_weight_off_the_grid_is_kept():
    at = app(dataset="moons", tikhonov="0.00123", depth="16")
    assert spec_of(at) == RunSpec(dataset="moons", tikhonov=0.00123, depth=16)
    assert spec_of(turn(at, "dataset", "circle")) == RunSpec(dataset="circle", tikhonov=0.00123, depth=16)


@pytest.mark.parametrize("grid", GRIDS.values())
def test_grids_are_rising_and_their_words_are_the_numbers(grid):
    assert list(grid) == sorted(set(grid))
    assert [float(short(value)) for value in grid] == list(grid)
    assert len({short(value) for value in grid}) == len(grid)


def test_the_weight_reaches_from_nothing_to_ten_in_steps_of_1_2_5():
    assert GRIDS["tikhonov"][:5] == (0.0, 1e-6, 2e-6, 5e-6, 1e-5)
    assert GRIDS["tikhonov"][-1] == 10.0


# ---- a person's own file


def with_file(at: AppTest, content: bytes, name: str = "My Iris (2).csv") -> AppTest:
    at.file_uploader(key="knob_file").upload(name, content)
    at.run()
    assert not at.exception
    return at


def taken(at: AppTest) -> AppTest:
    at.button(key="table_take").click()
    at.run()
    assert not at.exception
    return at


def test_an_uploaded_file_becomes_the_data_set(runs):
    at = turn(app(), "dataset", "own")
    assert spec_of(at) is None
    at = with_file(at, IRIS)
    assert spec_of(at) is None and not (runs / "data").exists()  # it is looked at, not taken
    at = taken(at)
    spec = spec_of(at)
    assert spec.dataset == str(next((runs / "data").glob("*-my-iris-2.csv")))
    assert spec == RunSpec(dataset=spec.dataset)
    assert "classify" in knob(at, "task").options
    later = app()
    assert "my-iris-2.csv" in knob(later, "dataset").options
    assert spec_of(turn(later, "dataset", spec.dataset)).dataset == spec.dataset


def test_how_a_table_is_read_is_part_of_the_spec_and_of_the_link(runs):
    at = with_file(turn(app(), "dataset", "own"), IRIS)
    at.selectbox(key="table_missing").set_value("mean")
    at.multiselect(key="table_drop").set_value(["a", "b"])
    at.run()
    at.multiselect(key="table_drop").set_value(["b"])
    at.run()
    spec = spec_of(taken(at))
    assert spec.reading == Reading(missing="mean", drop=("b",))  # then “a” goes in, though it counts
    link = at.query_params["reading"]
    assert spec_of(turn(turn(at, "dataset", "torus"), "dataset", spec.dataset)).reading == spec.reading
    other = AppTest.from_function(script, kwargs={"load": None}, default_timeout=20)
    other.query_params["reading"] = link
    other.query_params["data"] = at.query_params["data"]
    assert at.query_params["data"] == Path(spec.dataset).name
    assert spec_of(other.run()).reading == spec.reading
    assert "reading" not in turn(other, "dataset", "torus").query_params


def test_a_reading_in_the_link_that_is_none_is_named(runs):
    path = own_table.keep(IRIS, "a.csv")
    at = app(reading='{"missing": "guess"}', dataset=Path(path).name)
    assert spec_of(at).reading == Reading() and spec_of(at).dataset == path
    assert "Reading “" in at.warning[0].value and "is not taken" in at.warning[0].value


def test_a_link_from_before_the_short_names_is_understood():
    own = own_table.keep(IRIS, "My iris.csv")
    old = {
        "knob_dataset": "my-iris.csv",
        "knob_fidelity": "5 %",
        "knob_order": "reversed",
        "knob_depth": "16",
    }
    at = AppTest.from_function(script, kwargs={"load": None}, default_timeout=20)
    for name, value in old.items():
        at.query_params[name] = value
    at.run()
    assert spec_of(at) == RunSpec(dataset=own, fidelity=0.05, order="reversed", depth=16)
    assert set(at.query_params) == {"data", "fidelity", "order", "L"}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"a,b\n1,2\n3,4,5\n", "row 3"),
        (b"a,b,c\n1,2,3\n3,inf,5\n4,5,7\n", "finite"),
        (b"a,b\n1,2\n", "2 rows"),
        (b"a\n1\n2\n", "2 columns"),
        ("ä,b\n1,2\n3,4".encode("latin-1"), "UTF"),
        (b"\x00\x01", "NUL"),
    ],
)
def test_a_bad_file_is_refused_and_the_page_goes_on(content, says, runs):
    at = with_file(turn(turn(app(), "depth", 44), "dataset", "own"), content)
    assert spec_of(at) is None
    assert says in "".join(box.value for box in (*at.error, *at.warning)).replace("\\", "")
    assert at.button(key="table_take").disabled
    assert not (runs / "data").exists()
    at = turn(at, "dataset", "torus")
    assert not at.error and not at.warning
    assert spec_of(at) == RunSpec(dataset="torus", depth=44)


def test_a_file_that_is_gone_asks_for_it_again(runs):
    at = taken(with_file(turn(app(), "dataset", "own"), IRIS))
    next((runs / "data").glob("*.csv")).unlink()
    at.run()
    assert not at.exception
    assert spec_of(at) is None
    assert "is not among the uploaded files" in captions(at)
    assert spec_of(taken(with_file(at, IRIS))) is not None


def test_a_loaded_run_never_opens_a_file_outside_the_uploads(tmp_path):
    outside = tmp_path / "elsewhere.csv"
    outside.write_bytes(IRIS)
    at = app(load={"dataset": str(outside)})
    at.button(key="load").click()
    at.run()
    assert spec_of(at) is None
    assert "is not among the uploaded files" in captions(at)


def test_a_runs_table_is_read_as_it_was_when_it_is_uploaded_again(tmp_path):
    outside = tmp_path / "elsewhere.csv"
    outside.write_bytes(IRIS)
    at = app(load={"dataset": str(outside), "reading": {"drop": ("c",)}})
    at.button(key="load").click()
    at.run()
    spec = spec_of(taken(with_file(at, IRIS)))
    assert spec.reading == Reading(drop=("c",)) and spec.card().columns == ("a", "b")


def test_files_are_kept_by_content(runs):
    first = own_table.keep(IRIS, "a.csv")
    assert own_table.keep(IRIS, "b.csv") == first
    other = own_table.keep(IRIS + b"1,2,3,x\n", "../../a.csv")
    assert own_table.uploaded() == sorted([first, other])
    assert {setup.runs_root() / "data"} == {path.parent for path in (runs / "data").iterdir()}
    names = own_table.labels([first, other])
    assert all(name.startswith("a.csv (") for name in names.values())
    assert len(set(names.values())) == 2


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Größe & Gewicht.csv", "größe-gewicht.csv"),
        ("数据.TSV", "数据.tsv"),
        ("a.b.csv.gz", "a-b.csv.gz"),
        ("Mappe1.xlsx", "mappe1.xlsx"),
        ("….txt", "table.txt"),
    ],
)
def test_files_are_called_as_they_were(name, shown):
    path = own_table.keep(name.encode(), name)
    assert own_table.labels([path])[path] == shown
    assert own_table.uploaded() == [path]


# ---- integration


def test_the_integration_stands_under_its_own_heading():
    at = app()
    headings = [text.value for text in at.markdown if text.value.startswith("**")]
    assert headings == [
        "**Data**",
        "**Widths and field**",
        "**Integration**",
        "**Training**",
        "**Computing**",
    ]
    keys = _keys(at)
    assert keys.index("knob_scheme") + 1 == keys.index("knob_substeps") == keys.index("knob_fidelity") - 1
    assert knob(at, "scheme").options == list(SCHEMES)
    assert knob(at, "fidelity").options == ["0.5 %", "1 %", "2 %", "5 %", "10 %", "off"]
    assert "or off" in knob(at, "fidelity").help


def test_the_tolerance_is_chosen_in_per_cent_or_turned_off():
    at = turn(app(), "fidelity", "0.05")
    assert spec_of(at) == RunSpec(fidelity=0.05)
    at = turn(turn(at, "fidelity", "off"), "dataset", "moons")
    assert spec_of(at) == RunSpec(dataset="moons", fidelity=None)


@pytest.mark.parametrize(
    ("text", "tolerance"),
    [
        ("off", None),
        ("0.05", 0.05),
        ("3e-2", 0.03),
        ("0.0123456789", 0.0123456789),
    ],
)
def test_a_tolerance_in_the_link_is_taken_however_it_is_written(text, tolerance):
    at = app(fidelity=text, scheme="midpoint", substeps="3")
    assert spec_of(at) == RunSpec(fidelity=tolerance, scheme="midpoint", substeps=3)
    assert not at.warning
    assert spec_of(turn(at, "fidelity", "0.01")).fidelity == 0.01


def test_a_number_in_the_link_is_a_number_however_it_is_written():
    assert spec_of(app(tikhonov="1e-3")) == RunSpec(tikhonov=1e-3)


@pytest.mark.parametrize(
    ("name", "value", "known"),
    [
        ("scheme", "heun", "euler, midpoint, rk4"),
        ("fidelity", "-1 %", "a number from 0 to 1, or off"),
        ("fidelity", "2", "a number from 0 to 1, or off"),
        ("fidelity", "*none*", "or off"),
        ("substeps", "many", "a whole number from 1 to 64"),
        ("tikhonov", "-1", "a number from 0 to 1000"),
        ("dataset", "/etc/passwd.csv", "circle, moons"),
        ("tikhonov", "nan", "a number from 0 to 1000"),
        ("method", "sgd", "pmp, adam, lbfgs"),
        ("depth", "inf", "an even number"),
        ("depth", "21", "an even number"),
        ("horizon", "1e400", "a number from 0.01"),
        ("bottleneck", "3", "the width of Circle"),
        ("batch_size", "64", "0 with lbfgs"),
    ],
)
def test_what_the_link_asks_in_vain_is_named_and_replaced(name, value, known):
    at = app(**{name: value})
    assert spec_of(at) == RunSpec()
    plain = at.warning[0].value.replace("\\", "")
    assert RunSpec.model_fields[name].title in plain and f"“{value}”" in plain and known in plain


def test_what_the_link_asked_in_vain_is_told_until_a_knob_is_turned():
    at = app(depth="inf")
    assert at.run().warning
    assert not turn(at, "depth", 30).warning and spec_of(at).depth == 30


def test_the_link_says_what_was_turned_and_going_back_turns_it_back():
    at = turn(turn(app(), "depth", 30), "tikhonov", 0.01)
    assert at.query_params == {"L": "30", "lambda": "0.01"}
    del at.query_params["lambda"]  # the browser's Back
    at.run()
    assert spec_of(at) == RunSpec(depth=30)
    assert not turn(at, "depth", 8).query_params


@pytest.mark.parametrize("tolerance", [0.0, 0.02, 1.0, 0.0333, None])
def test_a_stored_tolerance_sets_the_knob_exactly(tolerance):
    at = app(load={"fidelity": tolerance})
    at.button(key="load").click()
    at.run()
    assert spec_of(at) == RunSpec(fidelity=tolerance)


def test_a_run_of_the_gallery_brings_its_own_integration():
    spec = setup.store().record("gallery-digits").spec.but(scheme="euler", substeps=1, fidelity=None)
    at = app(load=spec.model_dump())
    at.button(key="load").click()
    at.run()
    assert not at.exception and not at.error
    assert [knob(at, name).value for name in ("scheme", "substeps", "fidelity")] == ["euler", 1, "off"]
    assert spec_of(at) == spec
