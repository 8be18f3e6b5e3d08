"""The page Latent, Rows: codes of all rows, and the rows of a file that is dropped."""

import json
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import autoencode_core as ac
from autoencode_core.data.catalogue import GIVEN
from autoencode_core.data.loading import given
from autoencode_core.spec import RunSpec
from autoencode_core.training.run import DTYPES, RunData
from pages.latent_views import rows as view
from pages.shared import setup

pytestmark = pytest.mark.usefixtures("answers")


@pytest.fixture
def run(tmp_path):
    """The id of a run of a table with the columns a and b."""
    rng = np.random.default_rng(0)
    lines = [f"{a:.3f},{b:.3f},{'uv'[i % 2]}" for i, (a, b) in enumerate(rng.normal(size=(40, 2)))]
    path = tmp_path / "mine.csv"
    path.write_text("\n".join(["a,b,label", *lines]) + "\n", encoding="utf-8")
    return setup.store().save(
        ac.train(RunSpec(dataset=str(path), tikhonov=1e-3, iterations=3, depth=4, bottleneck=1))
    )


def page(run):
    at = AppTest.from_string("import pages.latent; pages.latent.render()", default_timeout=60)
    at.query_params["run"] = run
    at.run()
    return shown(at, "rows")


def shown(at, mode):
    next(c for c in at.get("button_group") if c.label.startswith("Show")).set_value(mode)
    at.run()
    assert not at.exception
    return at


def drop(at, text, name="new.csv"):
    at.get("file_uploader")[0].upload(name, text.encode(), "text/csv").run()
    assert not at.exception
    return at


def traces(at):
    """Names and numbers of marks of the picture of rows."""
    figure = json.loads(at.get("plotly_chart")[0].proto.spec)
    return {trace["name"]: len(trace["text"]) for trace in figure["data"]}


def labels_of_buttons(at):
    return [button.proto.label for button in at.get("download_button")]


def test_all_rows_are_drawn_and_can_be_taken_along(run, monkeypatch):
    saved = []
    monkeypatch.setattr(view, "table_button", lambda key, name, columns, **_: saved.append((name, columns())))
    at = page(run)
    assert traces(at) == {"training row": 32, "test row": 8}
    ((name, table),) = saved
    assert name == "mine-k1-lambda0.001-codes" and list(table)[:4] == ["row", "part", "label", "z1"]
    assert table["row"].tolist() == list(range(2, 42)) and sorted(set(table["label"])) == ["u", "v"]


def test_rows_of_a_file_fall_among_the_codes(run):
    at = drop(page(run), "b;other;a\n0.1;x;0.2\n-0.3;y;0.1\n90;z;-80\n")
    assert traces(at) == {"training row": 32, "test row": 8, "new row": 2, "unusual new row": 1}
    assert any(text.value.startswith("**1 of 3 rows is unusual") for text in at.markdown)
    table = at.dataframe[0].value
    assert table["Row"].tolist()[0] == 4 and table["Mark"].tolist() == ["✕ unusual", "", ""]
    assert table["Training rows below"].tolist()[0] == 100
    assert "Squared distance (standard deviations²)" in table.columns
    assert any("other" in text.value for text in at.caption)
    assert labels_of_buttons(at) == ["Codes of all 40 rows", "Codes of the new rows"]


@pytest.mark.parametrize(
    "text, said",
    [
        ("a,c\n1,2\n2,3\n", "“b”, which the run was trained on"),
        ("a,b\n1,many\n2,3\n", "many"),
        ("", "row"),
        ('a,b\n1,"2\n2,3\n', "file"),
    ],
)
def test_a_bad_file_is_a_sentence(run, text, said):
    at = drop(page(run), text)
    told = " ".join(error.value.replace("\\", "") for error in at.error)
    assert said in told and "Something went wrong" not in told
    assert set(traces(at)) == {"training row", "test row"}


def test_a_file_of_too_many_rows_is_refused_before_it_is_taken(run):
    at = drop(page(run), "a,b\n" + "1,2\n" * 200_002)
    assert "200,000" in at.error[0].value.replace("\\", "")


def test_the_file_is_read_once(run, monkeypatch):
    read = []
    wanted = view.read_table
    monkeypatch.setattr(view, "read_table", lambda *a, **k: read.append(1) or wanted(*a, **k))
    at = drop(page(run), "a,b\n1,2\n3,4\n")
    at.run()
    assert read == [1]


def test_images_are_rows_of_their_pixels():
    at = page("gallery-digits")
    names = ",".join(f"x{j + 1}" for j in range(64))
    grey = ",".join(["0.5"] * 64)
    at = drop(at, f"{names}\n{grey}\n")
    assert traces(at)["unusual new row"] == 1
    assert any(text.value.startswith("**1 of 1 rows is unusual") for text in at.markdown)


def test_a_classifier_has_no_errors():
    at = page("gallery-classify")
    at = drop(at, "x1,x2\n0.1,0.2\n0.3,0.1\n")
    assert traces(at)["new row"] == 2 and list(at.dataframe[0].value) == ["Row"]
    assert any("they have no errors" in text.value for text in at.markdown)


def test_a_run_without_its_rows_is_drawn_with_what_it_keeps():
    spec = RunSpec(dataset=GIVEN, tikhonov=1e-3, iterations=3, depth=4, bottleneck=1, particles=20)
    data = RunData.of(given(np.random.default_rng(0).normal(size=(20, 2))), DTYPES[spec.dtype])
    kept = setup.store().save(replace(ac.train(spec, data=data), name="arrays"))
    at = drop(page(kept), "x1,x2\n0.1,0.2\n")
    assert traces(at)["training row"] == 20 and len(at.dataframe[0].value) == 1
    assert any("not kept" in text.value for text in at.warning)
