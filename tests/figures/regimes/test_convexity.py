"""Convexity as pictures: ν against λ, along a training, and the spectrum of the Hessian."""

from dataclasses import replace

import numpy as np
from figures.regimes.answers import spectrum
from figures.studies import curved, lost, marks, outcome, strip, written

from autoencode_core.figures.regimes.convexity import (
    curvature_figure,
    curvature_path_figure,
    curvature_words,
    lambda_conv,
    side,
    spectrum_figure,
)


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


def test_a_diverged_run_has_no_curvature_beside_others() -> None:
    gone = replace(lost(0.001, 0), curvature=-1e66, bound=0.0, floor=-1e66)
    study = curved(strip())
    study = replace(study, outcomes=(gone, *study.outcomes[1:]))
    assert sorted(marks(curvature_figure(study))) == list(range(1, 20))
    assert "where 19 runs ended" in curvature_words(study)
    assert "1 of 20 runs diverged." in curvature_words(study)


def test_between_floor_and_nu_nothing_is_proven() -> None:
    known = outcome(0.1, 0, 0.2, curvature=-0.19, bound=1e-3, floor=-0.21)
    assert side(known) == "undecided"
    assert side(replace(known, floor=-0.195)) == "locally strongly convex"
    assert side(replace(known, curvature=-0.205)) == "not convex"
    figure = curvature_figure(strip(outcomes=(replace(known, minimiser=0),)))
    bar = next(t for t in figure.data if t.mode == "lines" and t.xaxis == "x")
    assert bar.y[0] < 0 < bar.y[1]


def test_the_path_shows_nu_and_the_curvature_of_J_with_bounds() -> None:
    answer = {
        "iterations": np.array([0, 5, 10, 20]),
        "nu": np.array([-1.0, np.nan, -0.1, 0.0]),
        "bound": np.array([0.1, np.nan, 0.1, 0.01]),
        "floor": np.array([-1.1, np.nan, -0.2, -0.01]),
    }
    figure = curvature_path_figure(answer, 0.25)
    lines = [t for t in figure.data if t.mode == "lines+markers"]
    assert [list(line.x) for line in lines] == [[0, 10, 20]] * 2
    assert len({line.line.dash for line in lines}) == len({line.marker.symbol for line in lines}) == 2
    assert lines[1].y[0] < 0 < lines[1].y[1] and any("2λ + ν 0.5" in note for note in written(figure))
    assert sum(t.fill == "toself" for t in figure.data) == 2


def test_eigenvalues_below_the_line_are_squares() -> None:
    figure = spectrum_figure(spectrum([-0.5, -0.01], [3.0, 0.0], whole=True), 0.1)
    assert list(figure.data[0].marker.symbol) == ["square", "circle", "circle", "circle"]
    assert any("1 below" in note for note in written(figure))


def test_the_ends_of_a_spectrum_stand_at_its_ends() -> None:
    figure = spectrum_figure(spectrum([-1.0, 0.0], [9.0, 4.0], 700), 1.0)
    assert list(figure.data[0].x) == [1, 2, 699, 700]
    assert any("4 of 700 known" in note for note in written(figure))


def test_a_spectrum_known_in_part_proves_convexity_only_by_its_floor() -> None:
    answer = spectrum([0.0], [9.0, 4.0], 700)
    for floor, word in ((-0.1, "locally strongly convex"), (-0.5, "among those known")):
        assert any(word in note for note in written(spectrum_figure({**answer, "floor": floor}, 0.1)))
