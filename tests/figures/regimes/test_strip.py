"""Pictures of studies: every run a mark, what is said is what the data say, nothing only by colour."""

import re
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from figures.studies import PCA, SEEDS, SPEC, continuation, curved, lost, outcome, strip
from hypothesis import given
from hypothesis import strategies as st

from autoencode_core.figures import theme
from autoencode_core.figures.panels import WeightAxis
from autoencode_core.figures.regimes.bands import Band, bands
from autoencode_core.figures.regimes.continuation import (
    continuation_figure,
    continuation_words,
    differs,
    metastable,
)
from autoencode_core.figures.regimes.convexity import (
    curvature_figure,
    curvature_words,
    lambda_conv,
    path_figure,
    side,
    spectrum_figure,
)
from autoencode_core.figures.regimes.strip import state, strip_figure, strip_words
from autoencode_core.figures.regimes.study_marks import ranks
from autoencode_core.figures.symlog_axis import SymlogAxis
from autoencode_core.store.study import Study, only_converged


def marks(figure: go.Figure, x: str = "x") -> dict[int, Any]:
    """Each mark of a panel by the run that it stands for: (x, y, symbol)."""
    found: dict[int, Any] = {}
    for trace in figure.data:
        if trace.customdata is not None and trace.xaxis == x:
            for place, *where in zip(trace.customdata, trace.x, trace.y, strict=True):
                found[int(place)] = (*where, trace.marker.symbol)
    return found


def written(figure: go.Figure) -> list[str]:
    return [note.text for note in figure.layout.annotations]


# ---- the axis of λ


@given(st.lists(st.floats(1e-8, 1e3), min_size=1, max_size=9, unique=True), st.booleans())
def test_the_axis_keeps_every_weight_apart_and_inside(weights: list[float], zero: bool) -> None:
    axis = WeightAxis(tuple(sorted([0.0, *weights] if zero else weights)))
    edges = axis.edges()
    for weight, (low, high) in zip(axis.weights, pairwise(edges), strict=True):
        for seed in range(4):
            assert low - 1e-9 <= np.log10(axis.place(weight, seed, 4)) <= high + 1e-9
    assert len(axis.runs()) == 1 + (zero and len(axis.weights) > 1)


def test_the_break_is_marked_only_where_there_is_one() -> None:
    study = strip()
    assert "//" not in written(strip_figure(study))
    more = tuple(outcome(0.0, s, 0.05 + 0.01 * s, minimiser=s) for s in range(4))
    figure = strip_figure(replace(study, outcomes=(*more, *study.outcomes)))
    assert written(figure).count("//") == 3
    assert "0" in figure.layout.xaxis.ticktext


def test_neighbours_of_which_the_same_is_said_share_a_band() -> None:
    axis = WeightAxis((0.01, 0.1, 1.0))
    said = [("a", "several"), ("a", "several"), ("b", "agree")]
    assert bands(axis, said) == [Band(-2.5, -0.5, "a", "several"), Band(-0.5, 0.5, "b", "agree")]
    assert bands(axis, [("", "agree")] * 3) == []


# ---- the strip


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
    assert f"{word} 0.328" in written(figure)
    both = replace(continuation(), spec=SPEC.but(**knobs))
    assert f"{word} 0.328" in written(continuation_figure(both))
    assert f"metastable: J is above {word}." in continuation_words(both)
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


def waiting(study: Study, ways: dict[int, Any], **changes: Any) -> Study:
    """The study with some runs that have not converged, as they come from a file."""
    outcomes = [
        replace(o, status=ways[i], **changes) if i in ways else o for i, o in enumerate(study.outcomes)
    ]
    return replace(study, outcomes=only_converged(outcomes))


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


def test_a_diverged_run_has_no_curvature_beside_others() -> None:
    gone = replace(lost(0.001, 0), curvature=-1e66, bound=0.0, floor=-1e66)
    study = curved(strip())
    study = replace(study, outcomes=(gone, *study.outcomes[1:]))
    assert sorted(marks(curvature_figure(study))) == list(range(1, 20))
    assert "where 19 runs ended" in curvature_words(study)
    assert "1 of 20 runs diverged." in curvature_words(study)


@given(st.lists(st.floats(1e-6, 1e2), min_size=1, max_size=20, unique=True), st.booleans())
def test_named_weights_stand_apart(weights: list[float], small: bool) -> None:
    axis = WeightAxis(tuple(sorted(weights)))
    settings = axis.settings(False, small)
    logs, (low, high), most = np.log10(settings["tickvals"]), settings["range"], 4 if small else 7
    assert 1 <= len(logs) <= most
    powers = all(abs(log - round(log)) < 1e-6 for log in logs)
    assert len(logs) < 2 or powers or np.diff(logs).min() > 0.95 * (high - low) / most


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


# ---- the continuation


def test_both_branches_differ_by_mark_and_dash_and_the_jump_is_dotted() -> None:
    study = continuation()
    figure = continuation_figure(study)
    shown = marks(figure)
    assert sorted(shown) == list(range(12))
    assert {shown[i][2] for i in range(6)} == {("triangle-down",) * 6}
    assert {shown[i][2] for i in range(6, 12)} == {("triangle-up",) * 6}
    dotted = [t for t in figure.data if t.line.dash == "dot" and t.xaxis == "x"]
    assert len(dotted) == 1
    np.testing.assert_allclose([v for v in dotted[0].x if v], [0.025, 0.03])
    assert "jump" in written(figure)


def test_hysteresis_is_where_the_branches_stand_at_different_minimisers() -> None:
    study = continuation()
    assert [weight for weight in study.weights if differs(study, weight)] == [0.001, 0.01, 0.02, 0.025]
    figure = continuation_figure(study)
    assert {"hysteresis", "agree"} <= {note.replace("<br>", " ") for note in written(figure)}
    assert "up at λ = 0.03" in continuation_words(study)
    assert metastable(study) == [0.025] and "metastable" in written(figure)
    assert "At λ = 0.025 the upward branch is metastable" in continuation_words(study)
    half = replace(study, outcomes=study.outcomes[:6])
    assert differs(half, 0.01) is None
    assert "hysteresis" not in written(continuation_figure(half))


def test_steps_that_have_not_converged_are_hollow_and_neither_jump_nor_are_metastable() -> None:
    study = continuation()
    up = {o.tikhonov: i for i, o in enumerate(study.outcomes) if o.branch == "up"}
    whole = continuation_figure(study)
    assert not any("not converged" in note for note in written(whole))
    for weight in (0.025, 0.03):  # the step before the jump, and that after it
        half = waiting(study, {up[weight]: "finished"})
        figure = continuation_figure(half)
        symbols = next(t.marker.symbol for t in figure.data if t.name == "up" and t.xaxis == "x")
        assert [s.endswith("-open") for s in symbols] == [w == weight for w in up]
        assert any("△" in note and "not converged: not counted" in note for note in written(figure))
        assert "jump" not in written(figure) and "Jumps" not in continuation_words(half)
        assert metastable(half) == ([] if weight == 0.025 else [0.025])
        said = f"Whether the branches differ at λ = {weight:g} is not known"
        assert said in continuation_words(half) and differs(half, weight) is None
    nothing = waiting(study, dict.fromkeys(range(12), "finished"))
    assert "do not differ" not in continuation_words(nothing) and metastable(nothing) == []
    assert "hysteresis" not in written(continuation_figure(nothing))


def test_neighbouring_jumps_share_a_word_and_far_ones_do_not() -> None:
    study = continuation()
    for weights, words in (((0.02, 0.025, 0.03), ["jumps"]), ((0.001, 0.03), ["jump", "jump"])):
        outcomes = tuple(replace(o, jump=o.branch == "up" and o.tikhonov in weights) for o in study.outcomes)
        figure = continuation_figure(replace(study, outcomes=outcomes))
        assert [note for note in written(figure) if note.startswith("jump")] == words


# ---- convexity


def test_a_run_is_above_0_exactly_if_J_is_convex_there() -> None:
    study = curved(strip())
    shown = marks(curvature_figure(study))
    for place, (_, y, _) in shown.items():
        known = study.outcomes[place]
        assert (y > 0) == (2 * known.tikhonov + known.curvature > 0)
        assert (lambda_conv(known) < known.tikhonov) == (y > 0)
    assert "8 not convex and 12 locally strongly convex" in curvature_words(study) and len(shown) == 20


def test_what_is_not_known_is_left_out_and_said() -> None:
    assert "ν is not computed yet." in written(curvature_figure(strip()))
    nu = [-0.2, *[float("nan")] * 19]
    study = strip().curved(nu, [0.01] * 20, nu)
    figure = curvature_figure(study)
    assert sorted(marks(figure)) == [0]
    assert any("1 of 20 runs" in note for note in written(figure))


@given(st.lists(st.floats(-1e6, 1e6, allow_subnormal=False), min_size=1, max_size=20))
def test_the_signed_axis_keeps_order_and_sign(values: list[float]) -> None:
    scale = SymlogAxis(values)
    placed = scale.place(np.sort(values))
    assert (np.diff(placed) >= 0).all()
    assert (np.sign(placed) == np.sign(np.sort(values))).all()
    low, high = scale.settings(False)["range"]
    assert (placed >= low).all() and (placed <= high).all() and low < 0 < high


def test_the_path_shows_nu_and_the_curvature_of_J_with_bounds() -> None:
    answer = {
        "iterations": [0, 5, 10, 20],
        "nu": [-1.0, np.nan, -0.1, 0.0],
        "bound": [0.1, np.nan, 0.1, 0.01],
    }
    figure = path_figure(answer, 0.25)
    lines = [t for t in figure.data if t.mode == "lines+markers"]
    assert [list(line.x) for line in lines] == [[0, 10, 20]] * 2
    assert len({line.line.dash for line in lines}) == len({line.marker.symbol for line in lines}) == 2
    assert lines[1].y[0] < 0 < lines[1].y[1] and any("2λ + ν 0.5" in note for note in written(figure))
    assert sum(t.fill == "toself" for t in figure.data) == 2


def test_eigenvalues_below_the_line_are_squares() -> None:
    figure = spectrum_figure({"spectrum": [3.0, -0.5, 0.0, -0.01]}, 0.1)
    assert list(figure.data[0].marker.symbol) == ["square", "circle", "circle", "circle"]
    assert any("1 below" in note for note in written(figure))


def test_the_ends_of_a_spectrum_stand_at_its_ends() -> None:
    answer = {
        "spectrum": [],
        "values": [-1.0, 0.0],
        "largest_values": [9.0, 4.0],
        "vectors": np.zeros((2, 700)),
    }
    figure = spectrum_figure(answer, 1.0)
    assert list(figure.data[0].x) == [1, 2, 699, 700]
    assert any("4 of 700 known" in note for note in written(figure))


@pytest.mark.parametrize("dark", [False, True])
def test_every_colour_is_that_of_its_page(dark: bool) -> None:
    for figure in (
        strip_figure(strip(), dark=dark),
        continuation_figure(continuation(), dark=dark),
        curvature_figure(curved(strip()), dark=dark),
    ):
        text = figure.to_json()
        assert theme.colour("ink", dark) in text and theme.colour("ink", not dark) not in text


def test_between_floor_and_nu_nothing_is_proven() -> None:
    known = outcome(0.1, 0, 0.2, curvature=-0.19, bound=1e-3, floor=-0.21)
    assert side(known) == "undecided"
    assert side(replace(known, floor=-0.195)) == "locally strongly convex"
    assert side(replace(known, curvature=-0.205)) == "not convex"
    figure = curvature_figure(strip(outcomes=(replace(known, minimiser=0),)))
    bar = next(t for t in figure.data if t.mode == "lines" and t.xaxis == "x")
    assert bar.y[0] < 0 < bar.y[1]


def test_a_spectrum_known_in_part_proves_convexity_only_by_its_floor() -> None:
    answer = {"spectrum": [], "values": [0.0], "largest_values": [9.0, 4.0], "vectors": np.zeros((1, 700))}
    for floor, word in ((-0.1, "locally strongly convex"), (-0.5, "among those known")):
        assert any(word in note for note in written(spectrum_figure({**answer, "floor": floor}, 0.1)))
