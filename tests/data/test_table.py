"""A person's table: dialects, columns, labels, and that every refusal names the place and what is allowed."""

import gzip
import io
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoencode_core.data import columns, source, table
from autoencode_core.data import survey as survey_module
from autoencode_core.data.catalogue import card
from autoencode_core.data.reading import Reading, is_table, table_name
from autoencode_core.data.survey import survey
from autoencode_core.data.table import Table, read_table, taken
from autoencode_core.errors import InputError

VALUES = np.array([[1.0, -2.5], [3e-3, 4.0], [5.0, 6.0]])
EVERY = Reading(drop=("none",))


def written(values: np.ndarray, delimiter: str = ",", end: str = "\n", header: str = "") -> bytes:
    rows = [delimiter.join(map(repr, map(float, row))) for row in values]
    return end.join(([header] if header else []) + rows).encode()


def read(text: str | bytes, name: str = "mine.csv", **told: Any) -> Table:
    data = text.encode() if isinstance(text, str) else text
    return read_table(data, Reading.model_validate(told), name)


# ---- dialects


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", " "])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_dialects_give_the_same_table(delimiter: str, end: str, encoding: str) -> None:
    text = written(VALUES, delimiter, end, f"height{delimiter}größe").decode() + end
    found = read(text.encode(encoding))
    assert np.array_equal(found.values, VALUES)
    assert found.values.dtype == np.float64
    assert found.columns == ("height", "größe")
    assert found.labels is None and found.label_names == ()


@given(
    st.lists(st.lists(st.floats(-1e15, 1e15), min_size=3, max_size=3), min_size=2, max_size=30),
    st.sampled_from([(",", "."), (";", "."), (";", ","), ("\t", "."), ("\t", ","), ("|", "."), (" ", ".")]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([0, 1, 2]),
    st.booleans(),
)
@settings(deadline=None, max_examples=60)
def test_what_pandas_writes_comes_back(
    rows: list[list[float]], dialect: tuple[str, str], end: str, quoting: int, index: bool
) -> None:
    separator, decimal = dialect
    frame = pd.DataFrame(rows, columns=["a", "b", "größe, cm"])
    text = frame.to_csv(sep=separator, decimal=decimal, lineterminator=end, quoting=quoting, index=index)  # type: ignore[call-overload]
    told = {"decimal": decimal, "thousands": "none"}  # as 1.234 alone does not say what it is
    found = read_table(text.encode(), Reading(drop=("none", "column 1") if index else ("none",), **told))  # type: ignore[arg-type]
    assert np.array_equal(found.values, frame.to_numpy())
    assert found.columns == tuple(frame)


@given(
    st.lists(st.lists(st.decimals(-2000, 2000, places=3), min_size=2, max_size=2), min_size=2, max_size=6),
    st.sampled_from([(";", "."), (";", ","), ("\t", "."), ("\t", ","), ("|", ","), (" ", ",")]),
)
@settings(deadline=None, max_examples=100)
def test_numbers_are_right_or_asked_about(rows: list[list[Any]], dialect: tuple[str, str]) -> None:
    separator, decimal = dialect
    lines = [separator.join(str(cell).replace(".", decimal) for cell in row) for row in rows]
    text = "\n".join([f"a{separator}b", *lines]).encode()
    try:
        assert np.array_equal(read_table(text, EVERY).values, np.array(rows, dtype=float))
    except InputError as error:
        assert error.field == "thousands"
        reading = EVERY.but(thousands="none", decimal=decimal)
        assert np.array_equal(read_table(text, reading).values, np.array(rows, dtype=float))


def test_a_separator_inside_the_header_does_not_mislead() -> None:
    assert read("a, first;b\n1;2\n3;4\n5;7\n").columns == ("a, first", "b")


def test_quotes_blank_lines_and_spaces() -> None:
    found = read('"x; m" ; "y"\n\n1 ; 2\n   \n"3";4\n\n\n')
    assert found.columns == ("x; m", "y")
    assert found.values.tolist() == [[1, 2], [3, 4]]
    assert found.numbers.tolist() == [3, 5]


@pytest.mark.parametrize(
    ("rows", "values", "said"),
    [
        ("1,5;2\n0,25;3,5\n", [[1.5, 2], [0.25, 3.5]], "decimal comma"),
        ("1.234,5;2\n12;3\n", [[1234.5, 2], [12, 3]], "thousands point"),
        ("1.234,5;2\n12,5;3\n7,25;4\n", [[1234.5, 2], [12.5, 3], [7.25, 4]], "thousands point"),
        ("12,5;2\n7,25;3\n1.234,5;4\n", [[12.5, 2], [7.25, 3], [1234.5, 4]], "thousands point"),
        ("1.234.567;2\n12;3\n", [[1234567, 2], [12, 3]], "thousands point"),
        ("1 234,5;2\n12;3\n", [[1234.5, 2], [12, 3]], "thousands space"),
        ("1'234.5;2\n12;3\n", [[1234.5, 2], [12, 3]], "thousands apostrophe"),
        ("1.234;0.5\n2.345;3\n", [[1.234, 0.5], [2.345, 3]], "decimal point"),
        ("1.234;0,5\n2.345;3\n", [[1234, 0.5], [2345, 3]], "thousands point"),
        ("−1;2\n+3e2;−4.5e-1\n", [[-1, 2], [300, -0.45]], "decimal point"),
        ("5 %;€ 3\n12 %;€ 4\n", [[5, 3], [12, 4]], "% taken off"),
        ("-$1,200;3\n$5,000.50;4\n", [[-1200, 3], [5000.5, 4]], "$ taken off"),
    ],
)
def test_numbers_as_people_write_them(rows: str, values: list[list[float]], said: str) -> None:
    found = read("a;b\n" + rows)
    assert found.values.tolist() == values
    assert said in " ".join(found.understood)


@pytest.mark.parametrize("separator", [";", "\t", "|"])
@pytest.mark.parametrize("cell", ["1.890", "1,890", "-12.345"])
def test_what_may_be_read_in_two_ways_is_asked(separator: str, cell: str) -> None:
    text = f"a{separator}b\n{cell}{separator}2\n{cell[:-1]}1{separator}3\n"
    with pytest.raises(InputError) as caught:
        read(text)
    assert caught.value.field == "thousands" and "column 'a'" in str(caught.value.value)
    mark = "," if "," in cell else "."
    assert "“none” if" in caught.value.allowed and f"“{mark}” if it means" in caught.value.allowed
    large = read(text, thousands=mark).values[0, 0]
    small = read(text, thousands="none").values[0, 0]
    assert large == pytest.approx(1000 * small) == float(cell.replace(mark, ""))


def test_marks_that_cannot_go_together_are_refused() -> None:
    with pytest.raises(InputError, match="other than the decimal mark"):
        read("a;b\n1,5;2\n3;4\n", decimal=",", thousands=",")


# ---- header


@pytest.mark.parametrize(
    ("text", "names", "rows"),
    [
        ("1,2.5\n3,4\n5,6.5\n", ("x1", "x2"), 3),
        ("5.1,3.5,setosa\n4.9,3.0,setosa\n6.2,2.9,other\n5,3,other\n", ("x1", "x2"), 4),
        ("400,405,410\n0.1,0.25,0.35\n0.2,0.1,0.3\n", ("400", "405", "410"), 2),
        (",0,1\n7,0.1,0.2\n9,0.3,0.5\n", ("0", "1"), 2),
        ("0,1,2,3,4\n9,8,0,2,5\n3,3,1,7,6\n4,0,0,1,9\n", ("0", "1", "2", "3", "4"), 3),
        ("name,2001,2002,2003\nx,1.5,2,7\ny,3,4.5,8\nz,3,4.5,9.5\n", ("2001", "2002", "2003"), 3),
        ("1,2,3\n4,5,6\n7,8,10\n", ("x1", "x2", "x3"), 3),
        ("a,b,a\n1,2,3\n4,5,7\n", ("a", "b", "a (2)"), 2),
        ("a,auto,none\n1,2,3\n4,5,7\n", ("a", "auto (2)", "none (2)"), 2),
        ("My results\na,b,c\n1,2,3\n4,5,7\n", ("a", "b", "c"), 2),
        ("a,b,c\n1,2,3,\n4,5,7,\n", ("a", "b", "c"), 2),
        ("a,b,c,\n1,2,3\n4,5,7\n", ("a", "b", "c"), 2),
        ("a,b,c\n7,1,2,3\n8,4,5,7\n", ("a", "b", "c"), 2),
        ("# time height\n1.5 2\n3 4\n", ("time", "height"), 2),
        ("# made by hand\n\n# on a Monday\na,b\n1,2\n3,4\n", ("a", "b"), 2),
    ],
)
def test_names_of_columns(text: str, names: tuple[str, ...], rows: int) -> None:
    found = read(text)
    assert found.columns == names
    assert len(found.values) == rows


def test_the_header_can_be_told() -> None:
    text = "1,2.5\n3,4\n5,6.5\n"
    assert read(text, header="yes").columns == ("1", "2.5")
    assert len(read("2001,2002,2003\n1.5,2,3\n1,2.5,3.5\n", header="no").values) == 3


# ---- columns


def test_what_is_no_data_is_left_out_until_asked_for() -> None:
    rows = "".join(f"{i},{i % 3},{i * i},7,word{i},{'uv'[i % 2]},2024-01-{i + 1:02}\n" for i in range(10))
    text = "id,a,b,c,text,kind,day\n" + rows
    found = read(text)
    assert found.columns == ("a", "b") and found.label_names == ("u", "v")
    for said in ("“id” (an id)", "“c” (constant)", "“text” (text)", "“day” (dates)"):
        assert said in " ".join(found.understood)
    kept = read(text, drop=("none", "text", "day"))
    assert kept.columns == ("id", "a", "b", "c")
    with pytest.raises(InputError) as caught:
        read(text, drop=("none",))
    assert caught.value.field == "file, column 'text'" and "leave the column out" in caught.value.allowed


def test_columns_left_out_besides() -> None:
    text = "a,b,c,d\n1,2,3,9\n4,5,7,9\n"
    assert read(text, drop="b").columns == ("a", "c")
    assert read(text, drop="none,b").columns == ("a", "c", "d")
    assert read('a,"b, c",d\n1,2,3\n4,5,7\n', drop='"b, c"').columns == ("a", "d")


def test_an_id_goes_in_where_nothing_else_is_left() -> None:
    assert read("t,y\n0,5\n1,6\n2,9\n").columns == ("t", "y")


def test_a_column_colours_whether_it_is_used_or_not() -> None:
    text = "a,b,c\n1,2,3\n4,5,NA\n5,5,9\n"
    assert read(text, colour="a").colour.tolist() == [1, 5]  # type: ignore[union-attr]
    only = read(text, colour="c", drop="c")
    assert only.columns == ("a", "b") and only.colour_name == "c"
    assert np.array_equal(only.colour, [3, np.nan, 9], equal_nan=True)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="a column of numbers"):
        read("a,b,c\n1,2,u\n4,5,v\n", colour="c")


def test_a_target_of_many_numbers_colours() -> None:
    rows = "".join(f"{i % 7},{i % 5},{i * 1.5}\n" for i in range(columns.MAX_CLASSES + 1))
    found = read("a,b,target\n" + rows)
    assert found.columns == ("a", "b") and found.labels is None
    assert found.colour_name == "target" and len(found.colour) == columns.MAX_CLASSES + 1  # type: ignore[arg-type]


@pytest.mark.parametrize("field", ["label", "colour", "drop"])
def test_a_column_that_is_not_there_is_named(field: str) -> None:
    with pytest.raises(InputError) as caught:
        read("a,b\n1,2\n3,4\n", **{field: "heigth"})
    assert (caught.value.field, caught.value.value) == (field, "heigth")
    assert "a and b" in caught.value.allowed


def test_columns_of_a_run_are_found_by_name_in_any_order_and_number_of_rows() -> None:
    found = read_table(b"label,c,b,a\nu,7,2,1\n", wanted=("a", "b"))
    assert found.columns == ("a", "b") and found.values.tolist() == [[1, 2]] and found.numbers.tolist() == [2]
    with pytest.raises(InputError, match="a column called “d”"):
        read_table(b"a,b\n1,2\n3,4\n", wanted=("a", "d"))


@pytest.mark.parametrize(
    "gone", ["", "NA", "N/A", "null", "NULL", "None", "?", "NaN", "-", "#N/A", ".", "missing", "  "]
)
def test_missing_values_leave_their_row_out(gone: str) -> None:
    found = read(f"a,b,label\n1,2,u\n3,{gone},v\n5,6,v\n7,8,{gone}\n")
    assert found.values.tolist() == [[1, 2], [5, 6]]
    assert found.label_names == ("u", "v") and found.numbers.tolist() == [2, 4]
    assert "2 rows left out" in " ".join(found.understood)


def test_a_column_that_is_mostly_missing_does_not_cost_the_rows() -> None:
    found = read("a,b,c\n1,2,\n3,4,\n5,7,9\n")
    assert found.columns == ("a", "b") and len(found.values) == 3
    assert "67% missing" in " ".join(found.understood)


# ---- labels


@pytest.mark.parametrize("title", ["label", "Class", "TARGET"])
def test_text_labels_are_sorted_by_name(title: str) -> None:
    found = read(f"a,{title},b\n1,pear,2\n3,apple,4\n5,pear,6\n")
    assert found.labels is not None
    assert found.labels.tolist() == [1, 0, 1]
    assert found.label_names == ("apple", "pear")
    assert found.columns == ("a", "b")
    assert found.values.tolist() == [[1, 2], [3, 4], [5, 6]]


def test_number_labels_are_sorted_by_value_however_they_are_written() -> None:
    found = read("a,b,label\n1,2,10\n3,4,9\n5,5,09\n6,7,9.0\n")
    assert found.label_names == ("9", "10")
    assert found.labels.tolist() == [1, 0, 0, 0]  # type: ignore[union-attr]


def test_text_of_few_values_is_proposed_as_label() -> None:
    text = "a,b,kind\n1,2,u\n3,4,v\n5,7,u\n6,7,v\n"
    assert read(text).label_names == ("u", "v")
    assert read(text, label="none").labels is None
    assert read(text, drop="kind").labels is None
    assert read("a,b,kind\n1,2,u\n3,4,v\n5,7,w\n6,7,z\n").labels is None


def test_any_column_can_be_the_label() -> None:
    found = read("a,b,c\n1,2,3\n4,5,3\n5,5,9\n", label="c")
    assert found.columns == ("a", "b") and found.label_names == ("3", "9")


def test_a_class_whose_rows_are_all_left_out_is_none() -> None:
    found = read("a,b,label\n1,2,u\n3,4,v\n5,,w\n6,7,v\n")
    assert found.label_names == ("u", "v") and found.labels.tolist() == [0, 1, 1]  # type: ignore[union-attr]


def test_labels_that_float64_cannot_tell_apart_are_refused() -> None:
    with pytest.raises(InputError, match=r"2\^53"):
        read("a,b,label\n1,2,9007199254740992\n3,5,9007199254740993\n4,6,9007199254740993\n")


def test_too_many_classes() -> None:
    rows = "".join(f"1,{i % 7},{i}.5\n" for i in range(columns.MAX_CLASSES + 1))
    with pytest.raises(InputError, match="101 different labels"):
        read("a,b,c\n" + rows, label="c")


# ---- refusals

REFUSED: dict[str, tuple[bytes, str, str]] = {
    "empty": (b"", "file", "empty"),
    "only blank lines": (b"\n \n", "file", "empty"),
    "only a header": (b"a,b\n", "file", "at least 2 rows"),
    "one row": (b"a,b\n1,2\n", "file", "at least 2 rows"),
    "one number row, no header": (b"1.5,2\n", "file", "at least 2 rows"),
    "one column": (b"a\n1\n2\n", "file", "at least 2 columns"),
    "one column and labels": (b"a,label\n1,u\n2,v\n", "file", "at least 2 columns"),
    "only labels": (b"label\nu\nv\n", "file", "at least 2 columns"),
    "only constants": (b"a,b\n1,2\n1,2\n1,2\n", "file", "'a' (constant)"),
    "a word among numbers": (b"a,h\n1,2\n3,tall\n4,5\n6,7\n", "file, row 3, column 'h'", "a number"),
    "python number": (b"a,b\n1,2\n3,1_000\n3,5\n5,6\n", "file, row 3, column 'b'", "a number"),
    "inf": (b"a,b\n-inf,2\n3,4\n4,6\n", "file, row 2, column 'a'", "finite"),
    "huge": (b"a,b\n1,2\n3,1e300\n5,6\n", "file, row 3, column 'b'", "finite"),
    "overflow": (b"a,b\n1,2\n3,1e999\n5,6\n", "file, row 3, column 'b'", "finite"),
    "ragged short": (b"a,b,c\n1,2,3\n4,5\n6,7,8\n", "file, row 3", "3 cells"),
    "ragged long": (b"a,b\n1,2\n3,4,5\n6,7\n", "file, row 3", "2 cells"),
    "a quote that swallows rows": (b'a,b,t\n1,2,"u\n3,4,v\n5,6,w"\n7,8,z\n', "file, row 2", "in pairs"),
    "nothing but gaps": (b"a,b\n1,\n,2\n3,\n,4\n", "file", "a value or a label is missing"),
    "Latin-1": ("größe,b\n1,2\n3,4\n".encode("latin-1"), "file", "UTF-8"),
    "UTF-16 without BOM": ("a,b\n1,2\n3,4\n".encode("utf-16-le"), "file", "UTF-8"),
    "binary": (b"\x89PNG\r\n\x1a\n\x00", "file", "UTF-8"),
    "NUL": (b"a,b\n1,2\n3,\x004\n", "file", "NUL"),
    "10^6 rows": (b"1,2\n" * 10**6, "file", "at most 200,000 rows"),
    "10^6 rows, old Mac": (b"1,2\r" * 10**6, "file", "at most 200,000 rows"),
    "many columns": (b"1," * 5000 + b"1\n", "file", "at most 1,000 columns"),
    "half a gzip file": (gzip.compress(b"a,b\n1,2\n3,4\n")[:-9], "file", "a whole gzip file"),
    "half a workbook": (b"PK\x03\x04 and no more", "file", "a whole workbook"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_content_is_refused_with_its_place(name: str) -> None:
    data, field, allowed = REFUSED[name]
    with pytest.raises(InputError) as caught:
        read_table(data, name="mine.csv")
    assert caught.value.field == field
    assert allowed in str(caught.value.allowed)
    assert str(caught.value.value) != ""


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_any_bytes_are_a_table_or_a_sentence(data: bytes) -> None:
    try:
        assert np.isfinite(read_table(data).values).all()
    except InputError as error:
        assert error.field and error.allowed


@given(st.text(alphabet="ab1290.,;\t| \"'\n-%#€NA=", max_size=80))
@settings(deadline=None, max_examples=300)
def test_any_text_is_a_table_or_a_sentence(text: str) -> None:
    try:
        assert np.isfinite(read_table(text.encode()).values).all()
    except InputError as error:
        assert error.field and error.allowed


# ---- limits


def test_size_limit_holds_for_bytes_files_and_what_is_packed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = b"a,b\n" + b"1,2\n3,4\n" * 200
    path = tmp_path / "big.csv"
    path.write_bytes(text)
    for module in (source, table):
        monkeypatch.setattr(module, "MAX_BYTES", 100)
    for content in (path, text, gzip.compress(text)):
        with pytest.raises(InputError, match="at most 0 MB"):
            read_table(content)


def test_a_bomb_is_never_unpacked_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    read_bytes = []
    whole = gzip.GzipFile.read
    monkeypatch.setattr(gzip.GzipFile, "read", lambda self, n: read_bytes.append(n) or whole(self, n))
    with pytest.raises(InputError, match="at most 50 MB"):
        read_table(gzip.compress(b"1" * (source.MAX_BYTES + 10), 1))
    assert read_bytes == [source.MAX_BYTES + 1]


def test_row_limit_counts_data_rows() -> None:
    at_limit = b"a,b\n" + b"1,2\n3,4\n" * (source.MAX_ROWS // 2)
    assert len(read_table(at_limit).values) == source.MAX_ROWS
    with pytest.raises(InputError, match="200,000 rows"):
        read_table(at_limit + b"1,2")


# ---- files


@pytest.mark.parametrize("name", ["absent.csv", "", "nul\0.csv", "x" * 5000 + ".csv"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="allowed is a table file") as caught:
        read_table(str(tmp_path / name))
    assert caught.value.field == "file"
    assert caught.value.value == str(tmp_path / name)


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    parsed: list[int] = []
    parse = survey_module.cells_of
    monkeypatch.setattr(survey_module, "cells_of", lambda *args: parsed.append(1) or parse(*args))
    return parsed


def test_a_file_is_read_once_until_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = counted(monkeypatch)
    path = tmp_path / "points.csv"
    path.write_bytes(written(VALUES))
    assert card(str(path)).width == 2
    assert read_table(path) is read_table(str(path))
    assert len(parsed) == 1
    path.write_bytes(written(VALUES[:, [0, 1, 0]]))
    os.utime(path, ns=(1, 1))
    assert read_table(path).values.shape == (3, 3)
    assert len(parsed) == 2
    assert read_table(path, Reading(drop=("x1",))).values.shape == (3, 2)


def test_a_refusal_is_remembered_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = counted(monkeypatch)
    path = tmp_path / "bad.csv"
    path.write_bytes(b"a,b\n1,2\n3,x\n4,5\n5,6\n")
    for _ in range(3):
        with pytest.raises(InputError, match="row 3, column 'b'"):
            read_table(path)
    assert len(parsed) == 1


def test_a_cached_table_cannot_be_spoilt(tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_bytes(b"a,b,label\n1,2,u\n3,4,v\n")
    found = read_table(path)
    assert found.name == "points"
    assert found.labels is not None
    for shared in (found.values, found.labels, found.numbers):
        with pytest.raises(ValueError, match="read-only"):
            shared[0] = 7


def test_a_card_takes_all_rows() -> None:
    path = Path(__file__).parent / "cases" / "one_hot.csv"
    known = card(str(path))
    assert known.defaults["particles"] == known.most_particles == 32


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a/My Table.csv", "My Table"),
        ("c:\\x\\b.TSV", "b"),
        ("数据.txt", "数据"),
        ("b.csv.gz", "b"),
        ("b.c.xlsx", "b.c"),
    ],
)
def test_names_of_table_files(path: str, name: str) -> None:
    assert is_table(path) and table_name(path) == name
    assert not is_table(path + "x")


# ---- workbooks


def workbook(*sheets: tuple[str, list[list[Any]]]) -> bytes:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


ROWS = [["name", "a", "b", "ok"], ["x", 1.5, 1234567, True], ["y", 2, None, False], ["z", 0.3, 7, True]]


def test_a_workbook_is_read_as_it_is() -> None:
    data = workbook(("One", ROWS), ("Two", [["c", "d"], [1, 2], [3, 5]]))
    found = read(data, "mine.xlsx", missing="mean", label="ok")
    assert found.columns == ("a", "b") and found.label_names == ("False", "True")
    assert np.array_equal(found.values, [[1.5, 1234567], [2, np.nan], [0.3, 7]], equal_nan=True)
    assert "sheet “One”" in " ".join(found.understood)
    assert read(data, "mine.xlsx", sheet="Two").values.tolist() == [[1, 2], [3, 5]]
    assert read(data, "mine.xlsx", sheet="Two", decimal=",").values.tolist() == [[1, 2], [3, 5]]
    with pytest.raises(InputError, match="one of One, Two"):
        read(data, "mine.xlsx", sheet="Three")


def test_a_workbook_is_measured_before_it_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "MAX_UNPACKED", 100)
    with pytest.raises(InputError, match="unpacked"):
        read(workbook(("One", ROWS)))


def test_without_its_library_a_workbook_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    data = workbook(("One", ROWS))
    monkeypatch.setitem(__import__("sys").modules, "openpyxl", None)
    with pytest.raises(InputError, match="package openpyxl"):
        read(data)


def test_any_zip_file_is_refused_in_a_sentence() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr("a.txt", "no workbook")
    with pytest.raises(InputError, match="a whole workbook"):
        read(buffer.getvalue())


# ---- what the preview shows


def test_a_survey_asks_instead_of_raising() -> None:
    found = survey(b"a;b;t\n1.890;2;x\n2.345;3;y\n", name="mine.csv")
    assert [problem.field for problem in found.problems()] == ["thousands"]
    assert found.roles == {"a": "use", "b": "use", "t": "left out"}
    assert found.head == (("1.890", "2", "x"), ("2.345", "3", "y"))
    with pytest.raises(InputError):
        taken(found)
