"""Files as people have them, small ones of tests/data/cases: read right, or refused in a true sentence."""

from pathlib import Path

import numpy as np
import pytest

from autoencode_core.data.reading import Reading
from autoencode_core.data.table import Table, read_table
from autoencode_core.errors import InputError

CASES = Path(__file__).parent / "cases"


def case(name: str, **told: object) -> Table:
    return read_table(CASES / f"{name}.csv", Reading.model_validate(told))


# name: columns, rows, first row, label names
READ: dict[str, tuple[tuple[str, ...], int, list[float], tuple[str, ...]]] = {
    "blank_cell": (("a", "b", "c"), 2, [1, 2, 3], ()),
    "boolean_label": (("a", "b"), 4, [1, 2], ("False", "True")),
    "charges_only": (("q1_C", "q2_C", "q3_C"), 60, [1.7395e-19, 2.2385e-19, 3.3596e-19], ()),
    "constant_column_0.1": (("a", "c"), 60, [0.095, 1.25], ()),
    "counts_header": (("x1", "x2", "x3"), 40, [-0.057, -0.588, -0.663], ("u", "v")),
    "dates": (("a", "b"), 9, [0, 0], ()),
    "double_bom": (("b", "c"), 12, [-0.106, -0.817], ("u", "v")),
    "gzip_inside": (("a", "b", "c"), 12, [-2.534, -0.752, -1.807], ()),
    "label_case_space": (("a", "b"), 4, [1, 2], ("setosa",)),
    "mixed_scales": (("a", "b", "c"), 40, [-2e9, -8.9e-14, -0.545], ()),
    "na_label": (("a", "b"), 3, [1, 2], ("u", "v")),
    "near_constant": (("a", "c"), 40, [-0.636, -0.251], ()),
    "numeric_header_years": (("2001", "2002", "2003"), 40, [1.277, 0.707, 1.524], ()),
    "one_hot": (("a", "b", "c", "d"), 40, [1, 0, 0, 0], ()),
    "pandas_index": (("a", "b", "c"), 12, [0.118, 0.392, 0.94], ()),
    "percent_currency": (("a", "b"), 2, [45, 3], ()),
    "physics_units": (("charge_C", "mass_kg", "energy_J"), 60, [1.6436e-19, 8.1055e-31, 1.9603e-18], ()),
    "quoted_newline_header": (("length (cm)", "width (cm)", "c"), 12, [-0.864, 0.499, -0.601], ()),
    "r_rownames_short_header": (("a", "b", "c"), 12, [-1.437, 1.457, 0.034], ()),
    "semicolon": (("a", "b", "c"), 12, [-1.9, -2.518, 0.357], ()),
    "semicolon_decimal_comma": (("a", "b", "c"), 12, [-0.88, 0.946, 1.465], ()),
    "sentinel_-999": (("a", "b", "c"), 3, [1, 2, 3], ()),
    "sep_line_comma": (("a", "b", "c"), 12, [0.59, -2.325, -0.214], ()),
    "tab": (("a", "b", "c"), 3, [1, 2, 3], ()),
    "thousands_quoted": (("a", "b"), 8, [9233, 0], ()),
    "three_rows_ten_columns": (
        tuple(f"v{j}" for j in range(10)),
        3,
        [0.908, -0.47, -0.769, -1.306, 0.169, 0.588, -0.077, 0.514, -0.399, 0.688],
        (),
    ),
}
REFUSED = {
    "big_int": ("file, row 2, column 'a'", "2^53"),
    "decimal_comma_one_col": ("separator", "two columns"),
    "thousands_dot_semicolon": ("thousands", "“none” if 1.890 means 1.89"),
    "unclosed_quote_label_last": ("file, row 8", "quotes in pairs"),
}


@pytest.mark.parametrize("name", READ)
def test_it_is_read_right(name: str) -> None:
    columns, rows, first, labels = READ[name]
    table = case(name)
    assert table.columns == columns
    assert table.values.shape == (rows, len(columns)) == (len(table.numbers), len(columns))
    assert table.values[0].tolist() == first
    assert table.label_names == labels
    assert (table.labels is not None) == bool(labels)


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_in_a_sentence(name: str) -> None:
    field, allowed = REFUSED[name]
    with pytest.raises(InputError) as caught:
        case(name)
    assert caught.value.field == field
    assert allowed in caught.value.allowed


def test_every_case_is_told_of() -> None:
    assert {path.stem for path in CASES.iterdir()} == set(READ) | set(REFUSED)


def test_what_was_asked_can_be_answered() -> None:
    assert case("thousands_dot_semicolon", thousands=".").values[0].tolist() == [1890, 2619]
    assert case("thousands_dot_semicolon", thousands="none").values[0].tolist() == [1.89, 2.619]
    assert case("thousands_dot_semicolon", decimal=",").values[0].tolist() == [1890, 2619]
    assert case("thousands_dot_semicolon", decimal=".").values[0].tolist() == [1.89, 2.619]
    assert case("decimal_comma_one_col", separator=",").values.tolist() == [[1, 5], [2, 5], [3, 25], [4, 75]]
    with pytest.raises(InputError, match="at least 2 columns"):
        case("decimal_comma_one_col", decimal=",")


def test_rows_say_where_they_stand_in_the_file() -> None:
    assert case("blank_cell").numbers.tolist() == [2, 4]
    assert case("na_label").numbers.tolist() == [2, 4, 5]
    assert case("sep_line_comma").numbers.tolist()[:2] == [3, 4]
    assert case("counts_header").numbers.tolist()[:2] == [2, 3]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("blank_cell", "Missing values: 1 in “b”; 1 row left out."),
        ("boolean_label", "4 spellings make 2 classes"),
        ("label_case_space", "2 spellings make 1 class"),
        ("na_label", "1 in the label “label”; 1 row left out"),
        ("sentinel_-999", "“b”: -999 in 1 row may stand for a missing value"),
        ("percent_currency", "“a”: % taken off every cell"),
        ("thousands_quoted", "thousands comma"),
        ("thousands_quoted", "“c” (constant)"),
        ("near_constant", "“b” (constant)"),
        ("pandas_index", "“column 1” (row names)"),
        ("dates", "“day” (dates)"),
        ("numeric_header_years", "the first row, 2001, 2002, 2003, is read as names"),
        ("counts_header", "counts 40 rows and 3 columns and names the classes"),
        ("semicolon_decimal_comma", "separator semicolon, decimal comma"),
    ],
)
def test_it_says_what_was_understood(name: str, said: str) -> None:
    assert said in " ".join(case(name).understood)


def test_missing_values_may_wait_to_be_filled() -> None:
    values = case("blank_cell", missing="mean").values
    assert np.isnan(values).tolist() == [[False] * 3, [False, True, False], [False] * 3]


def test_the_codes_of_the_labels() -> None:
    assert case("boolean_label").labels.tolist() == [1, 0, 1, 0]  # type: ignore[union-attr]
    assert case("counts_header").labels.tolist()[:4] == [0, 1, 0, 1]  # type: ignore[union-attr]
