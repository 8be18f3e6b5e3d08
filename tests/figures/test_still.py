"""The figures that stand still: history, code, reconstruction, errors, and their words."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any, get_args

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoencode_core.errors import InputError
from autoencode_core.figures import (
    alt_text,
    code_figure,
    error_against_pca_figure,
    history_figure,
    reconstruction_figure,
)
from autoencode_core.figures.alt import Kind
from autoencode_core.figures.run.history import spread
from autoencode_core.figures.run.pictures import picture
from autoencode_core.spec import RunSpec
from autoencode_core.store.record import RunRecord

Make = Callable[..., RunRecord]


def lines(figure: go.Figure) -> dict[str, Any]:
    """Traces by name."""
    return {trace.name: trace for trace in figure.data}


def test_history_draws_costs_and_errors_with_the_level_of_pca(make: Make) -> None:
    history = make(2).history
    figure = history_figure(history, pca_error=0.2)
    shown = lines(figure)
    assert list(shown) == ["cost J", "data term", "penalty λ‖θ‖²", "train", "test", "PCA, test"]
    np.testing.assert_allclose(shown["test"].y, history["test_error"], rtol=1e-6)
    level = shown["PCA, test"]
    assert set(np.asarray(level.y)) == {np.float32(0.2)} and level.line.dash == "dot"
    assert figure.layout.yaxis.type == figure.layout.yaxis2.type == "log"
    assert (
        figure.layout.xaxis2.title.text == "iteration"
        and "flow coordinates" in figure.layout.yaxis2.title.text
    )
    texts = [note.text for note in figure.layout.annotations]
    assert "PCA, test 0.2" in texts and any(text.startswith("train 0.0") for text in texts)
    assert "PCA, test" not in lines(history_figure(history))


def test_history_is_linear_where_something_is_not_positive() -> None:
    figure = history_figure({"iteration": [0, 1], "cost": [1.0, 0.0], "train_error": [0.2, 0.1]})
    assert figure.layout.yaxis.type == "linear" and figure.layout.yaxis2.type == "log"


def test_a_penalty_that_is_always_zero_is_left_out() -> None:
    figure = history_figure({"iteration": [0, 1], "cost": [1.0, 0.5], "penalty": [0.0, 0.0]})
    assert list(lines(figure)) == ["cost J"] and figure.layout.yaxis.type == "log"


@pytest.mark.parametrize(
    "history",
    [
        {},
        {"iteration": [], "cost": []},
        {"iteration": [0], "cost": [1.0], "test_error": [float("nan")]},
        {"iteration": [0, 1, 2], "cost": [1.0, float("inf"), float("nan")], "test_error": [1.0, None, 1e300]},
    ],
)
def test_history_of_runs_that_went_wrong(history: dict[str, Any]) -> None:
    figure = history_figure(history, pca_error=float("nan"), dark=True)
    for axis in (figure.layout.yaxis, figure.layout.yaxis2, figure.layout.xaxis2):
        assert np.isfinite(axis.range).all() and axis.range[0] < axis.range[1]


def test_changes_by_hand_are_marked_where_they_were_made():
    changes = RunSpec(iterations=60, changes="1:tikhonov=0.1 2:tikhonov=0.01 30:step=0.5").changes
    rows = {"iteration": list(range(61)), "cost": [1 / (1 + j) for j in range(61)]}
    figure = history_figure(rows, changes=changes)
    assert [shape.x0 for shape in figure.layout.shapes] == [1, 2, 30]
    said = [note.text for note in figure.layout.annotations]
    assert (
        "λ = 0.01" in said and "τ = 0.5" in said and "λ = 0.1" not in said
    )  # which would lie below the next


def kept_to_the_ode(**columns: list[float]) -> dict[str, Any]:
    """A history of 100 iterations, the sub-steps doubled after the 5th, the 10th and the 80th."""
    iteration = list(range(101))
    substeps = [1 + (i > 5) + 2 * (i > 10) + 4 * (i > 80) for i in iteration]
    difference = [0.03 if i <= 10 else 0.012 if i <= 80 else 0.004 for i in iteration]
    falling = [1 / (1 + i) for i in iteration]
    return {
        "iteration": iteration,
        "cost": falling,
        "test_error": falling,
        "substeps": substeps,
        "ode_difference": difference,
        **columns,
    }


def test_history_has_a_panel_of_the_ode_difference_with_what_is_allowed() -> None:
    figure = history_figure(kept_to_the_ode(), tolerance=0.02)
    shown, layout = lines(figure), figure.layout
    network, allowed = shown["network"], shown["allowed"]
    assert (
        network.yaxis == allowed.yaxis == "y3" and network.line.shape == "hv" and allowed.line.dash == "dot"
    )
    np.testing.assert_allclose(network.y, kept_to_the_ode()["ode_difference"], rtol=1e-6)
    assert layout.yaxis3.type == "log" and layout.xaxis3.title.text == "iteration"
    low, high = np.power(10, layout.yaxis3.range)
    assert low < 0.004 and high > 0.03
    texts = [note.text for note in layout.annotations]
    assert {"ODE difference, roughly", "network 0.4 %", "allowed 2 %"} <= set(texts)
    assert (
        layout.yaxis3.domain[1] < layout.yaxis2.domain[0] < layout.yaxis2.domain[1] < layout.yaxis.domain[0]
    )
    assert "allowed" not in lines(history_figure(kept_to_the_ode()))


def test_doublings_of_the_sub_steps_are_marked_and_close_ones_have_one_mark() -> None:
    figure = history_figure(kept_to_the_ode())
    assert [line.x0 for line in figure.layout.shapes] == [6, 11, 81]
    marks = {note.text: note for note in figure.layout.annotations if note.text.startswith("r =")}
    assert list(marks) == ["r = 2, 4", "r = 8"]
    assert marks["r = 2, 4"].xanchor == "left" and marks["r = 8"].xanchor == "right"


@pytest.mark.parametrize("difference", [float("nan"), 0.0, float("inf")])
def test_history_without_a_known_ode_difference_has_no_panel_for_it(difference: float) -> None:
    figure = history_figure(
        kept_to_the_ode(ode_difference=[difference] * 101, substeps=[1] * 101), tolerance=0.02
    )
    assert list(lines(figure)) == ["cost J", "test"] and not figure.layout.shapes
    assert figure.layout.xaxis2.title.text == "iteration" and "yaxis3" not in figure.layout


def test_the_picture_of_a_history_has_the_runs_own_tolerance(make: Make) -> None:
    record = make(2, fidelity=0.05)
    record = replace(record, history={**record.history, **kept_to_the_ode()})
    assert lines(picture(record, "history"))["allowed"].y[0] == np.float32(0.05)
    off = replace(record, spec=record.spec.but(fidelity=None))
    assert "allowed" not in lines(picture(off, "history"))


@given(st.lists(st.floats(0, 100), max_size=5).map(sorted))
def test_labels_are_spread(places: list[float]) -> None:
    placed = spread(places, 16, 0, 100)
    assert all(b - a >= 16 - 1e-6 for a, b in pairwise(placed))
    assert all(-1e-6 <= place <= 100 for place in placed)


def test_labels_far_apart_stay_where_they_are() -> None:
    assert spread([10, 50, 90], 16, 0, 100) == [10, 50, 90]


@pytest.mark.parametrize(
    ("k", "kind", "named"), [(1, "scatter", "z₁"), (2, "scatter", "z₁"), (3, "scatter3d", "z₁")]
)
def test_code_of_few_numbers(make: Make, k: int, kind: str, named: str) -> None:
    figure = code_figure(make(3, k=k), dark=True)
    assert figure.data[0].type == kind
    axes = figure.layout.scene if k == 3 else figure.layout
    assert (axes.yaxis if k == 1 else axes.xaxis).title.text == named


def test_code_of_many_numbers_says_what_it_shows(make: Make) -> None:
    figure = code_figure(make(64, k=8, depth=8))
    assert "principal axis of the 8 codes" in figure.layout.xaxis.title.text


def test_classify_marks_the_positions_of_the_labels(make: Make) -> None:
    record = make(2, k=2, classes=2, task="classify")
    spots = lines(code_figure(record))["label positions"]
    assert list(spots.text) == ["class 0", "class 1"]
    np.testing.assert_allclose(np.stack([spots.x, spots.y], 1), np.eye(2))
    assert "label positions" not in lines(code_figure(make(2, k=2, classes=2)))


def test_snapshots_of_the_code(make: Make, change: Callable[..., RunRecord]) -> None:
    record = make(3, k=2)
    codes = record.probe["snapshot_codes"].copy()
    codes[0] += 5
    early = code_figure(change(record, snapshot_codes=codes), snapshot=0)
    np.testing.assert_allclose(early.data[0].x, codes[0, :, 0], rtol=1e-6)


@pytest.mark.parametrize("d", [2, 3, 64])
def test_reconstruction_joins_each_target_to_its_output(make: Make, d: int) -> None:
    record = make(d, n=20, depth=8)
    shown = lines(reconstruction_figure(record))
    hollow, filled, error = shown["input"], shown["reconstruction"], shown["error"]
    assert hollow.marker.symbol == "circle-open" and filled.marker.symbol == "circle"
    assert hollow.type == ("scatter" if d == 2 else "scatter3d")
    np.testing.assert_array_equal(error.x[0::3], hollow.x)
    np.testing.assert_array_equal(error.y[1::3], filled.y)
    assert np.isnan(error.x[2::3]).all()
    if d == 2:
        np.testing.assert_allclose(filled.x, record.probe["snapshot_outputs"][-1, :, 0], rtol=1e-6)


def test_one_component_has_a_row_each(make: Make) -> None:
    figure = reconstruction_figure(make(1, classes=2))
    shown = lines(figure)
    assert set(np.asarray(shown["target"].y)) == {1} and set(np.asarray(shown["reconstruction"].y)) == {0}
    assert figure.layout.yaxis.ticktext == ("output", "target")


def test_a_classifier_reconstructs_nothing(make: Make) -> None:
    with pytest.raises(InputError, match="task"):
        reconstruction_figure(make(2, k=2, classes=2, task="classify"))


@pytest.mark.parametrize("d", [1, 2, 3, 64])
@pytest.mark.parametrize("n", [1, 5])
def test_odd_runs(make: Make, change: Callable[..., RunRecord], d: int, n: int) -> None:
    record = make(d, n=n, depth=8)
    broken = change(
        record,
        snapshot_codes=np.full_like(record.probe["snapshot_codes"], np.nan),
        snapshot_outputs=np.full_like(record.probe["snapshot_outputs"], np.inf),
    )
    for odd in (record, broken):
        for figure in (code_figure(odd), reconstruction_figure(odd)):
            axes = figure.layout.scene if figure.data[0].type == "scatter3d" else figure.layout
            assert np.isfinite([*axes.xaxis.range, *axes.yaxis.range]).all()


def test_bars_print_their_values_and_their_unit(make: Make) -> None:
    figure = error_against_pca_figure(make(3))
    ours, pca = figure.data
    assert list(ours.text) == ["0.021", "0.027"] and list(pca.x) == [0.19, 0.2]
    assert (
        pca.name == "PCA, 2 components" and pca.marker.pattern.shape == "/" and not ours.marker.pattern.shape
    )
    assert "mean squared distance" in figure.layout.xaxis.title.text
    assert figure.layout.xaxis.range[1] > 0.2


def test_bars_without_pca_or_without_errors(make: Make) -> None:
    record = make(2)
    alone = error_against_pca_figure(
        replace(record, summary={"train_error": float("nan"), "test_error": 0.5})
    )
    assert len(alone.data) == 1 and list(alone.data[0].text) == ["not finite", "0.5"]
    assert len(error_against_pca_figure(replace(record, summary={})).data) == 0


def test_alt_texts(make: Make) -> None:
    record = make(3, n=40)
    for kind in get_args(Kind):
        text = alt_text(record, kind)
        assert text.endswith(".") and 40 < len(text) < 300
    assert "40 particles" in alt_text(record, "flow") and "narrows to 2 at t = 1.5" in alt_text(
        record, "flow"
    )
    assert "PCA with 2 components 0.2" in alt_text(record, "comparison")
    assert "decoder" not in alt_text(make(2, k=2, classes=2, task="classify"), "flow")
    with pytest.raises(InputError, match="kind"):
        alt_text(record, "pie")  # type: ignore[arg-type]
