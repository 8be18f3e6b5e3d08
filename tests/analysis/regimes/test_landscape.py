import numpy as np
import pytest
import torch

from autoencode_core.analysis.regimes import landscape, spectrum
from autoencode_core.analysis.regimes.convexity import curvature
from autoencode_core.analysis.regimes.landscape import line, plane
from autoencode_core.analysis.regimes.spectrum import ModelOnParticles
from autoencode_core.errors import InputError
from autoencode_core.training.objective import cost_and_gradient


def cost(run, control, tikhonov: float) -> float:
    return cost_and_gradient(run.model.with_control(control), run.data.train, tikhonov)[0]


def others(run, count: int = 2) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((count, len(run.model.control)))


def inner(run, a, b):
    return run.model.architecture.step * np.asarray(a) @ np.asarray(b)


@pytest.mark.parametrize("knobs", [{}, {"task": "classify", "bottleneck": 1}, {"dtype": "float32"}])
def test_costs_on_a_line_are_those_of_its_controls(make_run, knobs):
    run = make_run(**knobs)
    theta, end = run.model.control.vector.double().numpy(), others(run, 1)[0]
    found = line(run, end, 7, 0.25)
    np.testing.assert_allclose(found["s"], np.linspace(-0.25, 1.25, 7), atol=1e-15)
    assert found["distance"] == pytest.approx(np.sqrt(inner(run, end - theta, end - theta)))
    for s, term, square in zip(found["s"], found["data_term"], found["square"], strict=True):
        control = (1 - s) * theta + s * end
        assert square == pytest.approx(inner(run, control, control), rel=1e-12)
        if run.spec.task != "classify":
            both = [cost(run, control, weight) for weight in (0.0, 0.1)]
            np.testing.assert_allclose([term, term + 0.1 * square], both, rtol=1e-5)


@pytest.mark.parametrize("points", [3, 4, 5, 8, 30, 81])
@pytest.mark.parametrize("beyond", [0.0, 0.25, 5.0])
def test_both_ends_of_a_line_are_on_it(run, points, beyond):
    found = line(run, others(run, 1)[0], points, beyond)
    s = found["s"]
    assert len(s) == points and 0.0 in s and 1.0 in s and (np.diff(s) > 0).all()
    if points > 3:
        assert s[0] == -beyond and s[-1] == 1 + beyond
    at = dict(zip(s, found["data_term"], strict=True))
    assert at[0.0] == pytest.approx(cost(run, own(run), 0.0))
    assert at[1.0] == pytest.approx(cost(run, others(run, 1)[0], 0.0))


@pytest.mark.parametrize("kind", ["steepest", "flattest", "minimisers"])
def test_costs_on_a_plane_are_those_of_its_controls(make_run, kind):
    run = make_run(dataset="s_curve", bottleneck=2)
    found = plane(run, kind, others(run) if kind == "minimisers" else None, 5)
    theta, axes = run.model.control.vector.numpy(), found["axes"]
    np.testing.assert_allclose(inner(run, axes, axes.T), np.eye(2), atol=1e-10)
    for row, column in ((0, 0), (2, 3), (4, 1)):
        control = theta + found["a"][column] * axes[0] + found["b"][row] * axes[1]
        square = found["square"][row, column]
        assert square == pytest.approx(inner(run, control, control), rel=1e-12)
        assert found["data_term"][row, column] + 0.2 * square == pytest.approx(cost(run, control, 0.2))
    assert found["zero_off"] ** 2 + found["zero"] @ found["zero"] == pytest.approx(inner(run, theta, theta))
    assert found["path"].shape == (0, 2) and found["path_off"].shape == (0,)
    if kind != "minimisers":
        assert found["a"][2] == found["b"][2] == 0
        assert found["data_term"][2, 2] == pytest.approx(cost(run, theta, 0.0))
        known = curvature(run, 2)
        exact = known["largest_values"] if kind == "steepest" else known["values"]
        np.testing.assert_allclose(found["values"], exact)


def test_minimisers_lie_where_they_are_marked(run):
    ends = others(run)
    found = plane(run, "minimisers", ends, 9)
    theta = run.model.control.vector.numpy()
    np.testing.assert_allclose(found["marks"][0], 0)
    for mark, control in zip(found["marks"][1:], ends, strict=True):
        np.testing.assert_allclose(theta + mark @ found["axes"], control, atol=1e-10)
        assert found["a"][0] < mark[0] < found["a"][-1] and found["b"][0] < mark[1] < found["b"][-1]
    for row, control in enumerate([theta, *ends]):
        assert found["marks_data_term"][row] == pytest.approx(cost(run, control, 0.0))
        assert found["marks_square"][row] == pytest.approx(inner(run, control, control))
    assert found["zero_data_term"] == pytest.approx(cost(run, 0 * theta, 0.0))


@pytest.mark.parametrize("kind", ["steepest", "flattest"])
def test_directions_that_are_known_are_not_computed_again(make_run, monkeypatch, kind):
    run = make_run(dataset="s_curve", bottleneck=2)
    monkeypatch.setattr(spectrum, "DENSE", 10**4)
    names = ("largest_vectors", "largest_values") if kind == "steepest" else ("vectors", "values")
    axes, values = (curvature(run)[name][:2] for name in names)
    whole = plane(run, kind, points=3)
    monkeypatch.setattr(ModelOnParticles, "steepest", None)
    monkeypatch.setattr(landscape, "curvature", None)
    found = plane(run, kind, points=3, axes=7 * axes, values=values)
    for name in ("a", "b", "axes", "data_term", "square", "values"):
        np.testing.assert_allclose(found[name], whole[name], atol=1e-10)
    skew = np.stack([axes[0], axes[1] - 3 * axes[0]])
    np.testing.assert_allclose(plane(run, kind, points=3, axes=skew, span=1.0)["axes"], axes, atol=1e-10)
    assert plane(run, kind, points=3, axes=axes)["values"].size == 0


def test_the_steepest_plane_needs_few_products(make_run, monkeypatch):
    monkeypatch.setattr(spectrum, "DENSE", 0)
    run = make_run(dataset="s_curve", bottleneck=2, field="two_layer", expansion=2)
    said = []
    found = plane(run, points=3, report=lambda share, words: said.append(words))
    assert sum(words.startswith("Product") for words in said) <= 30
    monkeypatch.setattr(spectrum, "DENSE", 10**4)
    exact = curvature(run)
    np.testing.assert_allclose(found["values"], exact["largest_values"], rtol=1e-6)
    overlap = inner(run, found["axes"], exact["largest_vectors"].T)
    np.testing.assert_allclose(np.abs(overlap), np.eye(2), atol=1e-3)


def test_the_second_difference_in_the_middle_is_the_eigenvalue(make_run):
    run = make_run(dataset="s_curve", bottleneck=2)
    found = plane(run, "steepest", points=3, span=1e-3)
    middle, h = found["data_term"], 1e-3
    across = (middle[1, 0] - 2 * middle[1, 1] + middle[1, 2]) / h**2
    up = (middle[0, 1] - 2 * middle[1, 1] + middle[2, 1]) / h**2
    np.testing.assert_allclose([across, up], found["values"], rtol=1e-3)


@pytest.mark.parametrize("kind", ["steepest", "flattest"])
def test_the_default_span_keeps_the_data_term_in_sight(make_run, kind):
    run = make_run(dataset="s_curve", bottleneck=2)
    found = plane(run, kind, points=3)
    variance = run.data.train.var(dim=0, correction=0).sum()
    rise = found["data_term"] - found["data_term"][1, 1]
    assert max(rise[1, 0], rise[1, 2], rise[0, 1], rise[2, 1]) <= variance * (1 + 1e-6)


def test_the_path_is_projected(make_run):
    run = make_run()
    theta, ends = run.model.control.vector.numpy(), others(run)
    beside = np.random.default_rng(1).standard_normal(len(theta))
    object.__setattr__(run, "path", (np.arange(4), np.stack([ends[0], ends[1], beside, theta])))
    found = plane(run, "minimisers", ends, 3)
    np.testing.assert_allclose(found["path"][[0, 1, 3]], found["marks"][[1, 2, 0]], atol=1e-10)
    np.testing.assert_allclose(found["path_off"][[0, 1, 3]], 0, atol=1e-10)
    away = beside - theta
    assert found["path_off"][2] ** 2 + found["path"][2] @ found["path"][2] == pytest.approx(
        inner(run, away, away)
    )


def test_particles_that_run_away_leave_holes(make_run):
    run = make_run(activation="relu")
    found = line(run, 1e200 * others(run, 1)[0], 5)
    assert np.isfinite(found["data_term"][found["s"] == 0]).all()
    assert not np.isfinite(found["data_term"]).all()


def test_it_tells_how_far_it_is_and_can_be_ended(run, stopping):
    shares = []
    plane(run, points=3, report=lambda share, words: shares.append(share))
    assert shares == sorted(shares) and shares[0] >= 0 and shares[-1] <= 1
    stop, after = stopping
    with pytest.raises(stop):
        line(run, others(run, 1)[0], report=after(1))


def own(run):
    return run.model.control.vector.numpy()


@pytest.mark.parametrize(
    ("field", "call"),
    [
        ("other", lambda run: line(run, [0.0])),
        ("other", lambda run: line(run, own(run))),
        ("points", lambda run: line(run, 0 * own(run), 2)),
        ("beyond", lambda run: line(run, 0 * own(run), 9, -0.1)),
        ("kind", lambda run: plane(run, "random")),
        ("points", lambda run: plane(run, points=4)),
        ("points", lambda run: plane(run, points=1001)),
        ("span", lambda run: plane(run, span=0.0)),
        ("axes", lambda run: plane(run, axes=np.ones((3, len(own(run)))))),
        ("axes", lambda run: plane(run, axes=np.ones((2, len(own(run)))))),
        ("axes", lambda run: plane(run, axes=np.ones((2, 3)))),
        ("axes", lambda run: plane(run, "minimisers", others(run), axes=others(run))),
        ("values", lambda run: plane(run, axes=others(run), values=[1.0])),
        ("values", lambda run: plane(run, axes=others(run), values=["a", "b"])),
        ("values", lambda run: plane(run, values=[1.0, 2.0])),
        ("others", lambda run: plane(run, "minimisers")),
        ("others", lambda run: plane(run, "steepest", others(run))),
        ("others", lambda run: plane(run, "minimisers", others(run, 3))),
        ("others", lambda run: plane(run, "minimisers", [2 * own(run), 3 * own(run)])),
        ("others", lambda run: plane(run, "minimisers", [own(run), 2 * own(run)])),
    ],
)
def test_bad_arguments(run, field, call):
    with pytest.raises(InputError) as raised:
        call(run)
    assert raised.value.field == field


def test_a_diverged_run_has_no_landscape(make_run):
    run = make_run(float("nan"))
    with pytest.raises(InputError, match="diverge"):
        line(run, np.nan_to_num(torch.zeros(len(run.model.control)).numpy()))
    diverged = make_run()
    object.__setattr__(diverged, "status", "diverged")
    with pytest.raises(InputError, match="diverge"):
        plane(diverged, points=3)
