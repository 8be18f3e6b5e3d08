"""The control along t: what is active is outlined, all panels share t, what cannot be drawn is said."""

import numpy as np
import pytest
from figures.control.answers import COUNTS, along, hamiltonian, local_maximality, maximality

from autoencode_core.figures.control.along import along_figure, along_table
from autoencode_core.figures.control.heat_strip import control_words, ordered, outlines


def written(figure):
    return [note.text for note in figure.layout.annotations]


def lines(figure, axis):
    return [trace for trace in figure.data if trace.type != "heatmap" and (trace.yaxis or "y") == axis]


@pytest.mark.parametrize("dark", [False, True])
def test_every_entry_is_in_the_strip_at_its_layer(dark):
    answer = along()
    heat = along_figure(answer, hamiltonian(), local_maximality(), maximality(), dark=dark).data[0]
    assert heat.z.shape == (12, 6) and len(heat.x) == 7 and len(heat.y) == 13
    for row, name in enumerate(heat.text[:, 0]):
        (source,) = np.flatnonzero(answer["labels"] == name)
        np.testing.assert_allclose(heat.z[row], answer["values"][source], rtol=1e-6)


def test_rows_are_ordered_so_that_what_is_active_is_one_staircase():
    answer = along()
    known = np.isfinite(answer["values"])[ordered(answer)]
    for start, end, power in ((0, 9, 2), (9, 12, 1)):
        assert (known[start:end].sum(axis=0) == COUNTS**power).all()
        for column in known[start:end].T:
            assert not np.any(np.diff(column.astype(int)) > 0)  # active above, inactive below


def test_the_outline_goes_round_the_active_entries():
    for trace, (start, power) in zip(outlines(along(), False), ((0, 2), (9, 1)), strict=True):
        for layer, count in enumerate(COUNTS):
            at = [y for x, y in zip(trace["x"], trace["y"], strict=True) if layer <= x <= layer + 1]
            assert at.count(start + count**power - 0.5) >= 2  # from one edge of the layer to the other


def test_all_panels_share_one_axis_of_time():
    layout = along_figure(along(), hamiltonian(), maximality()).layout
    shown = [layout[f"xaxis{n}"] for n in ("", 2, 3, 4, 5)]
    assert {axis.range for axis in shown} == {(0, 6)}
    assert [axis.matches for axis in shown] == ["x5"] * 4 + [None]
    assert [axis.title.text for axis in shown] == ["", "", "", "", "flow time t"]


def test_encoder_bottleneck_and_decoder_are_named_where_they_are():
    places = {note.text: note.x for note in along_figure(along(), hamiltonian()).layout.annotations}
    assert (places["encoder"], places["bottleneck"], places["decoder"]) == (1.5, 3, 4.5)


def test_without_a_decoder_the_flow_ends_at_the_bottleneck():
    places = {n.text: n.x for n in along_figure(along(), hamiltonian(), decoder=False).layout.annotations}
    assert places["bottleneck"] == 6 and "decoder" not in places


def test_a_constant_width_has_no_bottleneck():
    answer = along()
    answer["counts"] = np.full(6, 3)
    assert "bottleneck" not in written(along_figure(answer, hamiltonian()))


def test_the_hamiltonian_is_broken_where_the_width_changes_and_its_spread_is_shaded():
    figure = along_figure(along(), hamiltonian(), maximality())
    assert [tuple(trace.x) for trace in lines(figure, "y4")] == [(0, 1), (1, 2), (2, 3, 4), (4, 5), (5, 6)]
    shades = [s for s in figure.layout.shapes if s.type == "rect" and s.yref == "y4"]
    assert (shades[2].y0, shades[2].y1) == (3.0, 3.03)


def test_what_has_no_place_on_the_logarithmic_axis_is_said():
    figure = along_figure(
        along(), hamiltonian(), local_maximality(), maximality([np.inf, np.inf, 0, 1, 1, 1])
    )
    assert "R<sub>n</sub> over all θ is 0 in 1 layer and ∞ in 2 layers" in written(figure)
    assert "R<sub>n</sub> nearby is 0 in 1 layer" in written(figure)
    near, far = lines(figure, "y5")[1:]
    assert np.isnan(far.y[:3]).all() and np.isnan(near.y).tolist() == [
        False,
        False,
        True,
        False,
        False,
        False,
    ]
    assert far.marker.size < near.marker.size


def test_the_residuals_may_come_later():
    for given, count in (((), 1), ((local_maximality(),), 2), ((None, maximality()), 2)):
        figure = along_figure(along(), hamiltonian(), *given)
        assert len(lines(figure, "y5")) == count
    assert not any("R<sub>n</sub>" in text for text in written(along_figure(along(), hamiltonian())))


def test_a_control_of_zeros_and_huge_entries_have_colours_and_words():
    assert control_words(along(0.0)).startswith("θ is 0")
    assert along_figure(along(0.0), hamiltonian()).data[0].zmax == pytest.approx(1e-3 / 6)
    outlier = along()
    outlier["values"][0, 0] = 1e6
    assert "the largest is 10⁶" in control_words(outlier)
    assert along_figure(outlier, hamiltonian()).data[0].zmax < 1e5


@pytest.mark.parametrize(("largest", "nothing"), [(2e-5, True), (2e-4, False), (2.0, False)])
def test_colours_end_where_a_control_begins_to_move_particles(largest, nothing):
    """T = 6: an entry of 1/6000 moves a particle by about a thousandth of the spread."""
    answer = along()
    answer["values"] = np.clip(answer["values"], -1, 1) * largest
    figure = along_figure(answer, hamiltonian())
    assert figure.data[0].zmax == pytest.approx(1e-3 / 6 if nothing else largest)
    assert (
        control_words(answer).startswith("The control is all but 0: its largest entry is 2·10⁻⁵.") is nothing
    )
    assert ("all but 0" in "".join(written(figure))) is nothing


def test_what_moves_particles_depends_on_where_they_are():
    """Far from 0 a small W moves much; what moves particles of a large spread is large."""
    answer = along(1e-6)
    assert control_words(answer | {"size": 10.0}).startswith("The control is all but 0")
    assert not control_words(answer | {"size": 1e4}).startswith("The control is all but 0")
    assert control_words(answer | {"size": 1e4, "spread": 1e4}).startswith("The control is all but 0")


@pytest.mark.parametrize("share", [1e-12, 0.1])
def test_axes_do_not_spread_out_what_is_nothing_beside_j(share):
    """J = 2 and T = 6: H and R of a thousandth of J over T are the least that fill an axis."""
    rates = share * 2 / 6 * np.linspace(1, 2, 6)
    answer = {**hamiltonian(rates), "norm": share * np.ones(6), "stationarity": rates}
    layout = along_figure(along(share), answer, maximality(rates)).layout
    level, slopes, norm = layout.yaxis4.range, layout.yaxis5.range, layout.yaxis2.range
    if share < 1e-3:
        assert level[0] < -0.9e-3 * 2 / 6 and level[1] > 0.9e-3 * 2 / 6
        assert slopes[1] > np.log10(1e-3 * 2 / 6) and np.log10(rates[-1]) < sum(slopes) / 2
        assert norm[1] == pytest.approx(1.12e-3 / 6)
    else:
        assert level[1] == pytest.approx(1.12 * rates[-1]) and norm[1] == pytest.approx(1.12 * share)
        assert slopes[1] == pytest.approx(np.log10(rates[-1]), abs=0.1)


def test_the_table_has_a_row_for_each_layer_and_a_column_for_each_entry():
    table = along_table(along(), hamiltonian(), local_maximality(), maximality())
    assert {len(column) for column in table.values()} == {6}
    np.testing.assert_array_equal(table["b 1"], along()["values"][9])
    assert table["local_maximality_residual"][0] == 0.01 and table["maximality_residual"][0] == 1
    for name in ("local_maximality_residual", "maximality_residual"):
        assert np.isnan(along_table(along(), hamiltonian())[name]).all()
