"""Samples moved beside a histogram moved, in the player."""

from collections.abc import Callable

import pytest
from law_answer import answer
from reading import read_scene

from autoencode_core.figures.scenes.density import FEW
from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.figures.scenes.push import push_scene
from autoencode_core.store.record import RunRecord

Make = Callable[..., RunRecord]


@pytest.mark.parametrize("d, k, axes", [(1, 1, 1), (2, 1, 2), (3, 2, 2), (64, 8, 2)])
def test_a_density_for_every_frame_and_few_particles(make: Make, d: int, k: int, axes: int) -> None:
    record = make(d, k=k, n=200)
    shown = read_scene(encode(push_scene(record, answer(record, axes), "a")))
    for pane in [pane for pane in shown["panes"] if pane["kind"] == "cloud"]:
        law = pane["density"]
        assert len(law["times"]) == len(law["positions"]) == len(pane["positions"]) == record.spec.depth + 2
        assert pane["positions"].shape[1] == shown["n"] == FEW and pane["dims"] == axes
        assert law["positions"].shape[2] == len(law["range"]) == len(law["bins"]) == axes
        assert {one["name"] for one in pane["layers"] if one["on"]} >= {"density"}


def test_the_picture_says_of_how_many_particles_it_is(make: Make) -> None:
    record = make(2, k=1)
    notes = [push_scene(record, answer(record, 2, few=few), "a")["panes"][0]["note"] for few in (False, True)]
    assert "drawn from" not in notes[0] and "drawn from 30 of 500" in notes[1]


def test_cells_that_were_pushed_take_their_mass_along(make: Make) -> None:
    record = make(2, k=1)
    samples, pushed = (pane["density"] for pane in push_scene(record, answer(record, 2), "a")["panes"])
    assert samples["masses"] is None and pushed["masses"].sum() == pytest.approx(1)
    assert samples["most"] == pushed["most"] == 1 and not samples["smooth"]
