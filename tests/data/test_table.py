"""A person's CSV: what is read, and that every refusal names the place, the value and what is allowed."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoencode_core.data import csv_file
from autoencode_core.data.catalogue import card
from autoencode_core.data.csv_file import read_table
from autoencode_core.errors import InputError

VALUES = np.array([[1.0, -2.5], [3e-3, 4.0], [5.0, 6.0]])


def written(values: np.ndarray, delimiter: str = ",", end: str = "\n", header: str = "") -> bytes:
    rows = [delimiter.join(map(repr, map(float, row))) for row in values]
    return end.join(([header] if header else []) + rows).encode()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_dialects_give_the_same_table(delimiter: str, end: str, bom: bytes) -> None:
    table = read_table(bom + written(VALUES, delimiter, end, f"height{delimiter}größe") + end.encode())
    assert np.array_equal(table.values, VALUES)
    assert table.values.dtype == np.float64
    assert table.columns == ("height", "größe")
    assert table.labels is None
    assert table.label_names == ()


def test_without_header_columns_are_numbered() -> None:
    table = read_table(written(VALUES))
    assert np.array_equal(table.values, VALUES)
    assert table.columns == ("x1", "x2")


@given(
    st.lists(
        st.lists(st.floats(-1e15, 1e15), min_size=3, max_size=3),
        min_size=2,
        max_size=30,
    ),
    st.sampled_from([",", ";", "\t"]),
)
def test_every_float_survives_the_round_trip(rows: list[list[float]], delimiter: str) -> None:
    values = np.array(rows)
    header = delimiter.join("abc")
    assert np.array_equal(read_table(written(values, delimiter, header=header)).values, values)


@pytest.mark.parametrize("title", ["label", "Class", "TARGET"])
def test_text_labels_are_sorted_by_name(title: str) -> None:
    table = read_table(f"a,{title},b\n1,pear,2\n3,apple,4\n5,pear,6\n".encode())
    assert table.labels is not None
    assert table.labels.tolist() == [1, 0, 1]
    assert table.label_names == ("apple", "pear")
    assert table.columns == ("a", "b")
    assert table.values.tolist() == [[1, 2], [3, 4], [5, 6]]


def test_number_labels_are_sorted_by_value() -> None:
    table = read_table(b"a,b,label\n1,2,10\n3,4,9\n")
    assert table.label_names == ("9", "10")


def test_quotes_blank_lines_and_spaces() -> None:
    table = read_table(b'"x; m" ; "y"\n\n1 ; 2\n   \n"3";4\n\n\n')
    assert table.columns == ("x; m", "y")
    assert table.values.tolist() == [[1, 2], [3, 4]]


def test_a_delimiter_inside_the_header_does_not_mislead() -> None:
    assert read_table(b"a, first;b\n1;2\n3;4\n").columns == ("a, first", "b")


def test_constant_columns_are_allowed() -> None:
    assert read_table(b"a,b\n1,2\n1,2\n").values.tolist() == [[1, 2], [1, 2]]


REFUSED = {
    "empty": (b"", "file", "empty"),
    "only blank lines": (b"\n \n", "file", "empty"),
    "only a header": (b"a,b\n", "file", "at least 2 rows"),
    "one row": (b"a,b\n1,2\n", "file", "at least 2 rows"),
    "one number row, no header": (b"1,2\n", "file", "at least 2 rows"),
    "one column": (b"a\n1\n2\n", "file", "at least 2 numeric columns"),
    "one column and labels": (b"a,label\n1,u\n2,v\n", "file", "at least 2 numeric columns"),
    "only labels": (b"label\nu\nv\n", "file", "at least 2 numeric columns"),
    "text cell": (b"a,height\n1,2\n3,tall\n", "file, row 3, column 'height'", "a number"),
    "python number": (b"a,b\n1,2\n3,1_000\n", "file, row 3, column 'b'", "a number"),
    "decimal comma": (b"a;b\n1,5;2,5\n3;4\n", "file, row 2, column 'a'", "a number"),
    "blank cell": (b"a,b\n1,\n3,4\n", "file, row 2, column 'b'", "a number"),
    "nan": (b"a,b\n1,2\n\n3,NaN\n", "file, row 4, column 'b'", "finite"),
    "inf": (b"a,b\n-inf,2\n3,4\n", "file, row 2, column 'a'", "finite"),
    "huge": (b"a,b\n1,2\n3,1e300\n", "file, row 3, column 'b'", "finite"),
    "overflow": (b"a,b\n1,2\n3,1e999\n", "file, row 3, column 'b'", "finite"),
    "ragged short": (b"a,b,c\n1,2,3\n4,5\n6,7,8\n", "file, row 3", "3 cells"),
    "ragged long": (b"a,b\n1,2\n3,4,5\n6,7\n", "file, row 3", "2 cells"),
    "same name twice": (b"a,b,a\n1,2,3\n4,5,6\n", "file, row 1, column 3", "different name"),
    "nameless column": (b",a,b\n0,1,2\n1,3,4\n", "file, row 1, column 1", "a name"),
    "two label columns": (b"a,b,label,class\n1,2,3,4\n1,2,3,4\n", "file", "only one column"),
    "blank label": (b"a,b,label\n1,2,u\n3,4,\n", "file, row 3, column 'label'", "a label in every row"),
    "Latin-1": ("größe,b\n1,2\n3,4\n".encode("latin-1"), "file", "UTF-8"),
    "UTF-16": ("a,b\n1,2\n3,4\n".encode("utf-16"), "file", "UTF-8"),
    "UTF-16 without BOM": ("a,b\n1,2\n3,4\n".encode("utf-16-le"), "file", "UTF-8"),
    "binary": (b"\x89PNG\r\n\x1a\n\x00", "file", "UTF-8"),
    "NUL": (b"a,b\n1,2\n3,\x004\n", "file", "NUL"),
    "10^6 rows": (b"1,2\n" * 10**6, "file", "at most 200,000 rows"),
    "10^6 rows, old Mac": (b"1,2\r" * 10**6, "file", "at most 200,000 rows"),
    "many columns": (b"1," * 5000 + b"1\n", "file", "at most 1,000 columns"),
    "a long cell": (b'a,b\n1,"' + b"x" * 200_000 + b'"\n', "file", "well-formed"),
    "iris without a header": (
        b"5.1,3.5,setosa\n4.9,3.0,setosa\n",
        "file, row 2, column 'setosa'",
        "a number",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_content_is_refused_with_its_place(case: str) -> None:
    data, field, allowed = REFUSED[case]
    with pytest.raises(InputError) as caught:
        read_table(data, name="mine.csv")
    assert caught.value.field == field
    assert allowed in caught.value.allowed
    assert str(caught.value.value) != ""


def test_too_many_classes() -> None:
    rows = "".join(f"1,2,{i}.5\n" for i in range(csv_file.MAX_CLASSES + 1))
    with pytest.raises(InputError, match="101 different labels"):
        read_table(("a,b,target\n" + rows).encode())


def test_size_limit_holds_for_bytes_and_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_file, "MAX_BYTES", 20)
    path = tmp_path / "big.csv"
    path.write_bytes(b"a,b\n1,2\n3,4\n5,6\n7,8\n9,0\n")
    for source in (path, path.read_bytes()):
        with pytest.raises(InputError, match="at most 0 MB"):
            read_table(source)


def test_row_limit_counts_data_rows() -> None:
    at_limit = b"a,b\n" + b"1,2\n" * csv_file.MAX_ROWS
    assert len(read_table(at_limit).values) == csv_file.MAX_ROWS
    with pytest.raises(InputError, match="200,000 rows"):
        read_table(at_limit[4:] + b"1,2")


@pytest.mark.parametrize("name", ["absent.csv", "", "nul\0.csv", "x" * 5000 + ".csv"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="allowed is a CSV file") as caught:
        read_table(str(tmp_path / name))
    assert caught.value.field == "file"
    assert caught.value.value == str(tmp_path / name)


def test_a_file_is_read_once_until_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = []
    parse = csv_file._parse
    monkeypatch.setattr(csv_file, "_parse", lambda *args: parsed.append(1) or parse(*args))
    path = tmp_path / "points.csv"
    path.write_bytes(written(VALUES))
    assert card(str(path)).width == 2
    assert read_table(path) is read_table(str(path))
    assert len(parsed) == 1
    path.write_bytes(written(VALUES[:, [0, 1, 0]]))
    os.utime(path, ns=(1, 1))
    assert read_table(path).values.shape == (3, 3)
    assert len(parsed) == 2


def test_a_refusal_is_remembered_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = []
    parse = csv_file._parse
    monkeypatch.setattr(csv_file, "_parse", lambda *args: parsed.append(1) or parse(*args))
    path = tmp_path / "bad.csv"
    path.write_bytes(b"a,b\n1,2\n3,x\n")
    for _ in range(3):
        with pytest.raises(InputError, match="row 3, column 'b'"):
            read_table(path)
    assert len(parsed) == 1


def test_a_cached_table_cannot_be_spoilt(tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_bytes(b"a,b,label\n1,2,u\n3,4,v\n")
    table = read_table(path)
    assert table.name == "points"
    assert table.labels is not None
    for shared in (table.values, table.labels):
        with pytest.raises(ValueError, match="read-only"):
            shared[0] = 7
