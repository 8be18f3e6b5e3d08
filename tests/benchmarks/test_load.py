"""Three visitors at once, without a browser: no error, and every run that was asked for is stored."""

import argparse
import asyncio

import load
import pytest
import visitors

OPTIONS = {"sessions": 3, "trainings": 1, "seconds": 120.0, "empty": 1.0, "think": 0.3, "after": 0.0}


def test_three_visitors_train_turn_knobs_and_open_pages(tmp_path, monkeypatch):
    monkeypatch.setattr(load, "ITERATIONS", 20)
    monkeypatch.setattr(load, "_WARM_SECONDS", 0.0)
    monkeypatch.setattr(load, "PAGES", ("mathematics", "runs"))
    with visitors.served(tmp_path) as server:
        found = asyncio.run(load.measure(server, argparse.Namespace(**OPTIONS)))
    assert found["errors"] == [] and found["tracebacks"] == 0
    assert found["stored"] == found["begun"] == 3
    assert any(kind.startswith("knob") for kind in found["answers"])
    words = load.tables(found)
    assert "3 of 3 runs stored" in words and "0 errors" in words


def test_what_lies_below_so_many_of_all_values():
    assert load.percentile([2.0], 95) == 2.0
    assert load.percentile([float(n) for n in range(101)], 95) == pytest.approx(95.0)
