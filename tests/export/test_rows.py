"""Rows as the columns of a table."""

from types import SimpleNamespace

import numpy as np
import pytest

from autoencode_core.export.rows import column_names, rows_table, unusual_words
from autoencode_core.spec import RunSpec

FOUND = {
    "codes": np.array([[1.0, 2.0], [3.0, 4.0]]),
    "outputs": np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]),
    "errors": np.array([0.5, 0.25]),
}
NEW = {"smaller": np.array([0.4, 1.0]), "unusual": np.array([False, True]), "bound": 0.3}


def run(columns=("a", "b", "c"), coordinates="correlation"):
    spec = RunSpec(dataset="s_curve", coordinates=coordinates)
    return SimpleNamespace(spec=spec, columns=columns, weights={"order": np.arange(3)})


def test_own_rows():
    table = rows_table(run(), {**FOUND, "test": np.array([False, True])}, [7, 9], ["u", "v"])
    assert list(table) == ["row", "part", "label", "z1", "z2", "squared distance (standard deviations²)"]
    assert table["part"].tolist() == ["train", "test"] and table["row"].tolist() == [7, 9]
    assert table["label"].tolist() == ["u", "v"] and table["z2"].tolist() == [2, 4]


def test_new_rows():
    table = rows_table(run(coordinates="principal"), {**FOUND, **NEW}, [1, 2])
    assert list(table)[3:] == ["squared distance (data units²)", "share of training rows below", "unusual"]
    assert table["unusual"].tolist() == ["", "unusual"]


def test_what_rows_come_back_as():
    table = rows_table(run(), FOUND, [1, 2], back=True)
    assert list(table)[:4] == ["row", "a", "b", "c"] and table["c"].tolist() == [0.3, 0.6]


def test_heads_that_are_taken():
    table = rows_table(run(("row", "label", "row_")), FOUND, [1, 2], ["u", "v"], back=True)
    assert list(table)[:5] == ["row__", "label_", "row", "label", "row_"]
    assert table["row__"].tolist() == [1, 2] and table["row"].tolist() == [0.1, 0.4]


def test_errors_that_nobody_knows_are_left_out():
    assert list(rows_table(run(), {**FOUND, "errors": np.full(2, np.nan)}, [1, 2])) == ["row", "z1", "z2"]


def test_a_run_of_old_without_names():
    assert column_names(run(())) == ("x1", "x2", "x3")


@pytest.mark.parametrize(
    "marks, said", [((False, True), "1 of 2 rows is"), ((True, True), "2 of 2 rows are")]
)
def test_how_many_are_unusual(marks, said):
    assert unusual_words({**NEW, "unusual": np.array(marks)}).startswith(f"{said} unusual")
    assert unusual_words({**NEW, "bound": np.nan}) == ""
