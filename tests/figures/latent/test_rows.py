"""New rows among the codes."""

import numpy as np
import pytest

from autoencode_core.figures.latent.rows import MOST_KNOWN, MOST_NEW, rows_figure


def known(k, n=10, errors=True):
    rng = np.random.default_rng(0)
    return {
        "codes": rng.normal(size=(n, k)) * np.linspace(2, 1, k),
        "errors": rng.random(n) if errors else np.full(n, np.nan),
        "numbers": np.arange(1, n + 1),
        "test": np.arange(n) >= 0.8 * n,
    }


def fresh(k, unusual=(False, True, False)):
    some = known(k, len(unusual))
    return {**some, "unusual": np.array(unusual), "smaller": np.where(unusual, 1.0, 0.5)}


def by_name(figure):
    return {trace.name: trace for trace in figure.data}


def test_two_numbers_are_drawn_as_they_are():
    own, new = known(2), fresh(2)
    traces = by_name(rows_figure(own, new, "data units²"))
    assert [len(trace.x) for trace in traces.values()] == [8, 2, 2, 1]
    np.testing.assert_allclose(traces["training row"].x, own["codes"][:8, 0], rtol=1e-6)
    np.testing.assert_allclose(traces["unusual new row"].y, new["codes"][1:2, 1], rtol=1e-6)
    assert traces["unusual new row"].text[0].startswith("2<br>squared distance")
    assert "100% of the training rows have less" in traces["unusual new row"].text[0]


@pytest.mark.parametrize("dark", [False, True])
def test_kinds_of_rows_differ_by_more_than_colour(dark):
    traces = rows_figure(known(2), fresh(2), "data units²", dark=dark).data
    assert len({trace.marker.symbol for trace in traces}) == 4
    assert all(trace.showlegend for trace in traces)


def test_one_number_has_the_error_as_its_height():
    own = known(1)
    figure = rows_figure(own, None, "data units²")
    np.testing.assert_allclose(by_name(figure)["test row"].y, own["errors"][8:], rtol=1e-6)
    assert figure.layout.yaxis.type == "log" and "data units²" in figure.layout.yaxis.title.text
    unknown = rows_figure(known(1, errors=False), None, "data units²")
    assert by_name(unknown)["training row"].y.tolist() == list(range(1, 9))
    assert unknown.layout.yaxis.type is None


def test_more_numbers_lie_on_the_principal_axes_of_the_runs_own_codes():
    own, new = known(5), fresh(5)
    figure = rows_figure(own, new, "data units²")
    center = own["codes"].mean(axis=0)
    axis = np.linalg.svd(own["codes"] - center, full_matrices=False)[2][0]
    axis *= np.sign(axis[np.abs(axis).argmax()])
    np.testing.assert_allclose(
        by_name(figure)["training row"].x, (own["codes"][:8] - center) @ axis, rtol=1e-4
    )
    np.testing.assert_allclose(
        by_name(figure)["unusual new row"].x, [(new["codes"][1] - center) @ axis], rtol=1e-4
    )
    assert figure.layout.xaxis.title.text == "PC₁ of z"


def test_a_picture_holds_only_so_many_marks():
    figure = rows_figure(known(2, 5000), fresh(2, (False,) * 4000 + (True,) * 3), "data units²")
    counts = {name: len(trace.x) for name, trace in by_name(figure).items()}
    assert counts == {
        "training row": MOST_KNOWN,
        "test row": MOST_KNOWN // 4,
        "new row": MOST_NEW,
        "unusual new row": 3,
    }


def test_what_is_not_finite_is_not_drawn():
    new = fresh(2)
    new["codes"][0] = np.inf
    assert np.isnan(by_name(rows_figure(known(2), new, "data units²"))["new row"].x[0])
