"""Tables of studies and landscapes."""

import csv
import io

import numpy as np
from figures.studies import curved, fidelities, lost, strip

from autoencode_core.export.study_csv import landscape_csv, study_csv
from autoencode_core.store.study import COLUMNS


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode())))


def test_one_row_a_run_with_all_digits() -> None:
    study = curved(strip())
    table = rows(study_csv(study))
    assert list(table[0]) == [*COLUMNS, "convexity"] and len(table) == 20
    for row, outcome in zip(table, study.outcomes, strict=True):
        assert float(row["cost"]) == outcome.cost and int(row["minimiser"]) == outcome.minimiser
        assert float(row["convexity"]) == 2 * outcome.tikhonov + outcome.curvature


def test_what_is_not_known_is_empty_and_what_diverged_is_not_a_number() -> None:
    (row,) = rows(study_csv(strip(outcomes=(lost(0.1, 0),))))
    assert row["curvature"] == row["minimiser"] == row["moved"] == "" and row["cost"] == "nan"
    assert row["ode_difference"] == row["ode_test_error"] == row["verdict"] == row["substeps"] == ""


def test_how_far_a_run_is_from_its_ode_and_what_that_makes_it() -> None:
    study = fidelities(strip(), {0: 0.25, 1: float("inf"), 2: 0.05})
    table = rows(study_csv(study))
    assert [row["ode_difference"] for row in table[:4]] == ["0.25", "inf", "0.05", "0.001"]
    assert [row["verdict"] for row in table[:4]] == ["not", "not", "nearly", "ode"]


def test_a_line_and_a_plane_point_by_point() -> None:
    line = {"s": np.array([0.0, 1.0]), "data_term": np.array([2.0, 3.0]), "square": np.array([0.1, 0.2])}
    assert landscape_csv(line) == b"s,data_term,square\n0.0,2.0,0.1\n1.0,3.0,0.2\n"
    a, b = np.array([0.0, 1.0]), np.array([5.0, 6.0])
    plane = {
        "a": a,
        "b": b,
        "data_term": 10 * b[:, None] + a,
        "square": np.zeros((2, 2)),
    }  # b along the first
    for row in rows(landscape_csv(plane)):
        assert float(row["data_term"]) == 10 * float(row["b"]) + float(row["a"])
