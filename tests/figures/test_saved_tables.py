"""The tables behind the players of the pages Control and Mean field, from real answers."""

import numpy as np
import pytest

from autoencode_core import analysis
from autoencode_core.analysis import costates, doubled
from autoencode_core.export.csv_text import columns_csv
from autoencode_core.figures.control.component import choices_table
from autoencode_core.figures.mean_field.density import density_table
from autoencode_core.figures.mean_field.doubled import doubled_table
from autoencode_core.figures.mean_field.push import law_table
from autoencode_core.figures.scenes.costates import costates_table
from autoencode_core.spec import RunSpec
from autoencode_core.store.run_store import RunStore
from autoencode_core.training.records import run_of


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    store = RunStore(tmp_path_factory.mktemp("runs"), gallery="assets/gallery")
    return {name: run_of(store.record(f"gallery-{name}")) for name in ("circle", "bimodal")}


def summed(table, name):
    return [table[name][table["time"] == t].sum() for t in np.unique(table["time"])]


@pytest.mark.parametrize("axes", [["u1", "u2"], ["u1"]])
def test_the_cells_of_a_density_hold_all_mass(runs, axes):
    answer = analysis.density(runs["circle"], bins=24, basis=np.eye(2)[:, : len(axes)])
    found = density_table(answer)
    assert list(found) == ["time", *axes, "mass"]
    totals, frames = np.array(summed(found, "mass")), len(answer["times"])
    middle = frames // 2 - 1  # T/2 twice: before and after the projection
    expected = np.ones(frames - 1)
    expected[middle] = 2
    np.testing.assert_allclose(totals, expected, atol=1e-6)


@pytest.mark.parametrize("name", ["circle", "bimodal"])
def test_both_laws_of_the_push_forward_are_saved(runs, name):
    answer = analysis.push(runs[name], cells=(8, 64), bins=12)
    found = law_table(answer)
    for law in ("samples", "histogram"):
        np.testing.assert_allclose(summed(found, law)[0], 1, atol=1e-6)
    first = found["time"] == 0
    low, high = answer["ranges"][0]
    width = (high - low) / 12
    np.testing.assert_allclose((found["u1"][first] - low) / width % 1, 0.5, atol=1e-6)


def test_states_stand_beside_costates_and_shadow_variables(runs):
    answer = costates(runs["circle"])
    frames, count, width = answer["states"].shape
    found = costates_table(answer)
    assert list(found) == ["particle", "time", "x1", "x2", "p1", "p2"] and width == 2
    row = 3 * count + 5
    assert found["particle"][row] == 5 and found["time"][row] == answer["times"][3]
    assert found["p2"][row] == answer["costates"][3, 5, 1]
    pair = doubled_table(doubled(runs["circle"], 40))
    assert set(pair) == {"particle", "time", "x1", "x2", "s1", "s2"} and not pair["s1"][:40].any()
    once = costates_table(analysis.iteration(runs["circle"]))
    assert len(once["p1"]) == frames * count


def test_both_choices_are_saved_with_their_classes():
    spec = RunSpec(
        dataset="moons",
        task="classify",
        coordinates="raw",
        field="single_layer",
        bottleneck=1,
        depth=8,
        particles=60,
        iterations=5,
        tikhonov=1e-3,
    )
    answer = analysis.component(spec)
    found = choices_table(answer)
    assert len({len(column) for column in found.values()}) == 1
    assert set(found["turned_off"]) == {"x₁", "x₂"} and set(found["class"]) <= set(answer["names"])
    text = columns_csv(found).decode().splitlines()
    assert text[0] == "turned_off,particle,time,x1,x2,class,predicted" and len(text) == len(found["x1"]) + 1
