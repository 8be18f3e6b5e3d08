"""What the lesson on measures says, held to statistics by hand."""

import numpy as np
import pytest
from lessons.direct import STORE, about, ask

from autoencode_core.analysis.run_particles import drawn
from autoencode_core.lessons.checks.measures import (
    asked_push,
    doubled_output,
    mass_elsewhere,
    particles_for_half,
)
from autoencode_core.training.records import run_of

LAW = "gallery-mean_field"


def test_half_the_scatter_takes_about_four_times_the_particles() -> None:
    truth = particles_for_half(about(LAW, of="100"))
    assert truth.value == pytest.approx(400, rel=0.15)
    run = run_of(STORE.record(LAW))
    x = drawn(run, 40_000, 5).inputs
    terms = np.square(run.model.reconstruct(x).double().numpy() - x).sum(axis=1)
    assert float(truth.facts["scatter"]) == pytest.approx(terms.std() / 10, rel=0.1)
    assert particles_for_half(about(LAW, of="200")).value == pytest.approx(2 * truth.value)  # type: ignore[operator]  # a number


def test_the_doubled_form_ends_where_the_network_does() -> None:
    truth = doubled_output(about(LAW))
    record = STORE.record(LAW)
    moved = np.abs(record.probe["flow_dropped"] - record.probe["flow_states"][5]).max()
    assert truth.value == "same" and float(truth.facts["apart"]) < 1e-5
    assert float(truth.facts["jump"]) == pytest.approx(moved, rel=0.1)


def test_the_mass_elsewhere_is_half_of_all_differences_between_two_histograms() -> None:
    record = STORE.record(LAW)
    run, found = run_of(record), asked_push(ask, record)
    x = run.data.train.double().numpy()
    low, span = x.min(axis=0), np.ptp(x, axis=0)
    index = np.minimum(((x - low) / (span / 32)).astype(int), 31)
    cells, counts = np.unique(index, axis=0, return_counts=True)
    middles = low + (cells + 0.5) * span / 32
    made, pushed = (run.model.reconstruct(points).double().numpy() for points in (x, middles))
    edges = [found["x"], found["y"]]
    low, high = found["ranges"][:, 0], found["ranges"][:, 1] - 1e-9
    whole, coarse = (
        np.histogram2d(*np.clip(points, low, high).T, edges, weights=mass)[0]
        for points, mass in ((made, np.full(len(x), 1 / len(x))), (pushed, counts / len(x)))
    )
    share = np.abs(whole - coarse).sum() / 2
    truth = mass_elsewhere(about(LAW, cells="32"))
    assert truth.value == pytest.approx(100 * share, abs=0.5) and 2 < truth.value < 30  # type: ignore[operator]  # a number
    assert mass_elsewhere(about(LAW, cells="256")).value < truth.value / 4  # type: ignore[operator]  # a number
