"""Pictures of studies: every run a mark, what is said is what the data say, nothing only by colour."""

import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from figures.studies import (
    PCA,
    SEEDS,
    SPEC,
    continuation,
    curved,
    lost,
    marks,
    outcome,
    strip,
    waiting,
    written,
)

from autoencode_core.figures import theme
from autoencode_core.figures.regimes.continuation import (
    continuation_figure,
    continuation_words,
)
from autoencode_core.figures.regimes.convexity import (
    curvature_figure,
    curvature_words,
)
from autoencode_core.figures.regimes.strip import state, strip_figure, strip_words
from autoencode_core.figures.regimes.study_marks import ranks


def test_the_break_is_marked_only_where_there_is_one() -> None:
    study = strip()
    assert "//" not in written(strip_figure(study))
    more = tuple(outcome(0.0, s, 0.05 + 0.01 * s, minimiser=s) for s in range(4))
    figure = strip_figure(replace(study, outcomes=(*more, *study.outcomes)))
    assert written(figure).count("//") == 3
    assert "0" in figure.layout.xaxis.ticktext


def test_every_run_is_a_mark_of_each_panel_with_its_place() -> None:
    study = strip()
    figure = strip_figure(study)
    for x, name in (("x", "cost"), ("x3", "square")):
        shown = marks(figure, x)
        assert sorted(shown) == list(range(20))
        for place, (_, y, _) in shown.items():
            assert y == getattr(study.outcomes[place], name)
    trained = [t for t in figure.data if t.customdata is not None and t.xaxis == "x2"]
    assert sum(len(t.x) for t in trained if t.marker.symbol.endswith("-open")) == 20
    assert sum(len(t.x) for t in trained if not t.marker.symbol.endswith("-open")) == 20


def test_marks_of_one_weight_lie_apart_and_tell_minimisers_by_symbol() -> None:
    study = strip()
    shown = marks(strip_figure(study))
    at = [shown[i] for i in study.at(0.003)]
    assert len({x for x, _, _ in at}) == 4 and len({symbol for *_, symbol in at}) == 4
    assert len({shown[i][2] for i in study.at(0.1)}) == 1


def test_numbers_of_minimisers_are_ranks_whatever_they_begin_with() -> None:
    study = strip()
    later = [replace(o, minimiser=None if o.minimiser is None else o.minimiser + 1) for o in study.outcomes]
    assert ranks(replace(study, outcomes=tuple(later))) == ranks(study)
    assert [ranks(study)[i] for i in study.at(0.001)] == [1, 3, 0, 2]


def test_bands_and_numbers_say_where_the_seeds_agree() -> None:
    study = strip()
    assert [state(study, weight) for weight in study.weights] == ["several"] * 3 + ["agree"] * 2
    notes = [note.replace("<br>", " ") for note in written(strip_figure(study))]
    assert {"several minimisers", "all seeds agree"} <= set(notes)
    assert [note for note in notes if note.isdigit()] == ["4", "4", "2", "1", "1"]
    assert "all seeds agree at λ = 0.03 and 0.1" in strip_words(study)


def test_one_seed_agrees_with_nobody() -> None:
    study = strip(seeds=1)
    assert {state(study, weight) for weight in study.weights} == {"one"}
    assert "all seeds agree" not in " ".join(written(strip_figure(study)))


@pytest.mark.parametrize(
    ("knobs", "word"),
    [({}, "PCA"), ({"coordinates": "raw"}, "θ = 0"), ({"order": "reversed"}, "θ = 0")],
)
def test_the_level_of_the_flow_at_rest_has_its_name_and_place(knobs: dict[str, str], word: str) -> None:
    figure = strip_figure(strip(spec=SPEC.but(**knobs)))
    assert f"{word}, train: 0.328" in written(figure)
    both = replace(continuation(), spec=SPEC.but(**knobs))
    assert f"{word}, train: 0.328" in written(continuation_figure(both))
    assert f"best one: J is above {word}." in continuation_words(both)
    assert any(shape.type == "line" and shape.y0 == shape.y1 == PCA for shape in figure.layout.shapes)


def test_the_spread_reaches_from_the_lowest_to_the_highest_seed() -> None:
    figure = strip_figure(strip())
    shade = next(t for t in figure.data if t.fill == "toself" and t.xaxis == "x")
    middle = next(t for t in figure.data if t.name == "median" and t.xaxis == "x")
    assert (min(shade.y), max(shade.y)) == (min(SEEDS[0.001]), PCA)
    assert middle.y[1] == pytest.approx(np.median(SEEDS[0.001]))


def test_a_diverged_run_is_a_cross_that_can_be_picked() -> None:
    study = strip()
    outcomes = (lost(0.001, 0), *study.outcomes[1:])
    figure = strip_figure(replace(study, outcomes=outcomes))
    cross = next(t for t in figure.data if t.name == "diverged")
    assert list(cross.customdata) == [0] and np.isfinite(cross.y).all()
    assert sorted(marks(figure)) == list(range(20))
    assert any("diverged" in note for note in written(figure))


def test_nothing_at_all_and_a_stopped_study_are_drawn() -> None:
    assert "No run has ended." in written(strip_figure(strip(outcomes=())))
    assert len(marks(strip_figure(strip(outcomes=strip().outcomes[:6])))) == 6
    all_lost = tuple(lost(w, 0) for w in (0.1, 1.0))
    assert state(strip(outcomes=all_lost), 0.1) == "none"
    strip_figure(strip(outcomes=all_lost))


def test_stacked_panels_stand_below_each_other() -> None:
    layout = strip_figure(strip(), stacked=True).layout
    tops = [layout.yaxis.domain, layout.yaxis2.domain, layout.yaxis3.domain]
    assert all(below[1] < above[0] for above, below in pairwise(tops))
    assert layout.height > strip_figure(strip()).layout.height


def test_runs_that_have_not_converged_have_a_mark_of_their_own_and_are_not_counted() -> None:
    study = waiting(strip(), {0: "finished", 5: "stopped", 7: "finished"}, gradient_norm=0.25)
    figure = strip_figure(study)
    for x in ("x", "x3"):
        shown = marks(figure, x)
        assert sorted(shown) == list(range(20))
        assert {i for i in shown if shown[i][2] == "bowtie"} == {0, 5, 7}
    middle = [t for t in figure.data if t.customdata is not None and t.xaxis == "x2"]
    found = {t.marker.symbol: list(t.customdata) for t in middle if "bowtie" in t.marker.symbol}
    assert found == {"bowtie": [0, 5, 7], "bowtie-open": [0, 5, 7]}
    assert any("⋈" in note and "not converged: not counted" in note for note in written(figure))
    assert [note for note in written(figure) if note.isdigit()] == ["3", "2", "2", "1", "1"]
    said = strip_words(study)
    assert "3 of 20 runs had not converged (‖∇J‖ up to 0.25, 1 of them stopped by hand)" in said
    assert "are not counted as minimisers" in said
    assert "converged" not in strip_words(strip())
    assert not any("not converged" in note for note in written(strip_figure(strip())))


def test_seeds_agree_only_as_far_as_they_have_converged() -> None:
    study = strip()
    at = study.at(0.1)
    for ways, word in (
        ({}, "agree"),
        ({at[0]: "finished"}, "some"),
        ({at[0]: "diverged"}, "some"),
        (dict.fromkeys(at[1:], "finished"), "single"),
        (dict.fromkeys(at, "finished"), "waiting"),
        ({at[0]: "finished", **dict.fromkeys(at[1:], "diverged")}, "waiting"),
    ):
        assert state(waiting(study, ways), 0.1) == word
    none = waiting(study, dict.fromkeys(at, "finished"))
    assert "none has converged at λ = 0.1" in strip_words(none) and none.minimisers(0.1) == 0
    assert [note for note in written(strip_figure(none)) if note in "12345–"][-1] == "–"
    assert "those that converged agree at λ = 0.1" in strip_words(waiting(study, {at[0]: "finished"}))
    several = waiting(study, {study.at(0.001)[0]: "finished"})
    assert state(several, 0.001) == "several"


def test_runs_that_all_diverged_are_said_and_leave_neither_line_nor_scale() -> None:
    gone = [replace(lost(w, s), square=1e66, cost=1e66) for w in (0.1, 1.0) for s in (0, 1)]
    study = strip(outcomes=tuple(gone)).curved([-1e66] * 4, [0.0] * 4, [-1e66] * 4)
    figure = strip_figure(study)
    assert "all runs diverged" in written(figure)
    assert not [t for t in figure.data if t.name == "median"] and figure.layout.yaxis3.range[1] < 10
    assert "all diverged at λ = 0.1 and 1. All 4 runs diverged." in strip_words(study)
    curves = curvature_figure(study)
    assert "All runs diverged: there is no ν." in written(curves) and not marks(curves)
    assert curvature_words(study) == "All runs diverged: there is no ν."
    assert max(map(abs, curves.layout.yaxis2.range)) < 10


def test_lines_of_the_key_fit_a_narrow_page() -> None:
    study = strip()
    many = tuple(
        replace(o, seed=s, minimiser=s, status="stopped") for o in study.outcomes[::4] for s in range(16)
    )
    figure = strip_figure(replace(study, outcomes=(lost(0.1, 99), *many)))
    lines = [re.sub("<[^>]*>", "", note) for note in written(figure) if note.startswith("<span")]
    assert any("5 and more" in line for line in lines)
    assert max(len(line.strip()) for line in lines) < 60
    assert figure.layout.margin.t > 18 * len(lines) + 40


@pytest.mark.parametrize("dark", [False, True])
def test_every_colour_is_that_of_its_page(dark: bool) -> None:
    for figure in (
        strip_figure(strip(), dark=dark),
        continuation_figure(continuation(), dark=dark),
        curvature_figure(curved(strip()), dark=dark),
    ):
        text = figure.to_json()
        assert theme.colour("ink", dark) in text and theme.colour("ink", not dark) not in text
