"""The preview of a table: what it shows, what it asks, and that every answer is taken."""

import io
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from autoencode_core.data.reading import Reading
from autoencode_core.data.table import read_table
from pages.shared import own_table

CASES = Path(__file__).parents[1] / "data" / "cases"
TABLE = b"id,a,b,kind,text\n" + b"".join(
    b"%d,%d,%s,%s,word%d\n" % (i + 1, i * i % 7, b"" if i == 3 else b"%d.5" % (i % 5), b"uv"[i % 2 :][:1], i)
    for i in range(20)
)


@pytest.fixture(autouse=True)
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv("AUTOENCODE_RUNS", str(tmp_path))
    return tmp_path


def script(data, name):
    import streamlit as st

    from autoencode_core.data.reading import Reading
    from pages.shared import own_table
    from pages.shared.setup import guard, page_setup
    from pages.shared.table_preview import look_at_upload, pending, preview
    from pages.shared.touched_knobs import touched

    page_setup("Test")
    if "begun" not in st.session_state:
        st.session_state["begun"] = True
        look_at_upload(data, name, Reading())

    with guard():
        preview()
        path = touched().get("dataset", "")
        st.code(path)
        st.code(own_table.reading_of(path).model_dump_json())
        st.code(str(pending() is not None))


def shown(data: bytes, name: str = "mine.csv") -> AppTest:
    at = AppTest.from_function(script, args=(data, name), default_timeout=20)
    return fine(at.run())


def fine(at: AppTest) -> AppTest:
    assert not at.exception
    return at


def press(at: AppTest, key: str) -> AppTest:
    at.button(key=f"table_{key}").click()
    return fine(at.run())


def choose(at: AppTest, name: str, value) -> AppTest:
    at.get_by_key(f"table_{name}").set_value(value)
    return fine(at.run())


def result(at: AppTest) -> tuple[str, Reading]:
    return at.code[0].value, Reading.model_validate_json(at.code[1].value)


def words(at: AppTest) -> str:
    return " ".join(mark.value for mark in at.markdown).replace("\\", "")


def test_it_shows_what_was_understood():
    at = shown(TABLE)
    for said in ("19 rows and 2 columns", "separator comma", "“id” (an id)", "Missing values: 1 in “b”"):
        assert said in words(at)
    columns, head = (frame.value for frame in at.dataframe)
    assert columns["Column"].tolist() == ["id", "a", "b", "kind", "text"]
    assert columns["Role"].tolist() == ["left out", "use", "use", "label", "left out"]
    assert columns["Missing"].tolist() == [0, 0, 1, 0, 0]
    assert head.iloc[0].tolist() == ["1", "0", "0.5", "u", "word0"] and head.index[0] == 2
    assert not at.warning and not at.error
    path, reading = result(press(at, "take"))
    assert Path(path).read_bytes() == TABLE and reading == Reading()
    assert at.code[2].value == "False"


def test_each_column_can_be_used_otherwise():
    at = choose(shown(TABLE), "colour", "id")
    at = choose(at, "label", "a")
    assert at.dataframe[0].value["Role"].tolist() == ["colour", "label", "use", "left out", "left out"]
    assert "2 columns of numbers" in at.warning[0].value and at.button(key="table_take").disabled
    at = choose(at, "drop", ["kind", "text"])
    assert at.dataframe[0].value["Role"].tolist() == ["use, colour", "label", "use", "left out", "left out"]
    at = choose(at, "missing", "median")
    path, reading = result(press(at, "take"))
    table = read_table(path, reading)
    assert table.columns == ("id", "b") and table.label_names == tuple(map(str, (0, 1, 2, 4)))
    assert table.colour_name == "id" and len(table.values) == 20


def test_a_label_that_is_left_out_is_none():
    at = choose(shown(TABLE), "drop", ["id", "kind", "text"])
    assert at.dataframe[0].value["Role"].tolist() == ["left out", "use", "use", "left out", "left out"]
    assert result(press(at, "take"))[1] in (Reading(drop=("kind",)), Reading(label="none"))


@pytest.mark.parametrize(("answer", "value"), [("small", 1.89), ("large", 1890)])
def test_what_may_be_read_in_two_ways_is_asked(answer, value):
    at = shown((CASES / "thousands_dot_semicolon.csv").read_bytes())
    assert "1.890" in at.warning[0].value.replace("\\", "") and at.button(key="table_take").disabled
    at = press(at, answer)
    assert not at.warning
    path, reading = result(press(at, "take"))
    assert read_table(path, reading).values[0, 0] == value


def test_two_columns_or_one_number_is_asked():
    at = press(shown((CASES / "decimal_comma_one_col.csv").read_bytes()), "two_columns")
    path, reading = result(press(at, "take"))
    assert read_table(path, reading).values.shape == (4, 2)


def test_a_cell_that_is_no_number_is_asked_about():
    at = shown(b"a,b,c\n1,2,3\n3,tall,5\n4,5,7\n6,7,9\n")
    assert "row 3, column 'b'" in at.warning[0].value.replace("\\", "")
    at = choose(at, "drop", ["b"])
    assert not at.warning
    assert result(press(at, "take"))[1] == Reading(drop=("b",))


@pytest.mark.parametrize("name", sorted(path.name for path in CASES.iterdir()))
def test_no_file_breaks_the_page(name):
    at = shown((CASES / name).read_bytes(), name)
    assert at.button(key="table_take").disabled == bool(at.error or at.warning)
    assert press(at, "leave").code[2].value == "False"


def test_a_file_that_cannot_be_cut_can_be_read_otherwise():
    at = shown(b"a;b\n1,5;2\n3;4\n")
    at = choose(at, "separator", "|")
    assert at.warning and at.button(key="table_take").disabled
    assert not press(at, "as_found").warning


def test_a_folder_that_cannot_be_written_is_named(runs, monkeypatch):
    def full(data, name):
        raise OSError("full")

    monkeypatch.setattr(own_table, "keep", full)
    at = press(shown(TABLE), "take")
    assert "folder for runs" in at.error[0].value and at.code[2].value == "True"


def test_a_sheet_of_a_workbook_can_be_chosen():
    openpyxl = pytest.importorskip("openpyxl")
    book, buffer = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["only", "words"])
    sheet = book.create_sheet("Data")
    for row in (["a", "b"], [1, 2.5], [3, 4]):
        sheet.append(row)
    book.save(buffer)
    at = shown(buffer.getvalue(), "Mappe.xlsx")
    assert at.button(key="table_take").disabled
    at = choose(at, "sheet", "Data")
    assert "sheet “Data”" in words(at)
    path, reading = result(press(at, "take"))
    assert path.endswith("-mappe.xlsx") and read_table(path, reading).values.tolist() == [[1, 2.5], [3, 4]]
    at = choose(shown(buffer.getvalue(), "Mappe.xlsx"), "sheet", "Dta")
    assert "one of Sheet, Data" in at.error[0].value.replace("\\", "")
