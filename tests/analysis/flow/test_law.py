import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoencode_core import analysis
from autoencode_core.analysis import run_particles as particles_module
from autoencode_core.data.reading import Reading
from autoencode_core.errors import InputError

EVERYWHERE = [[-9.0, 9.0]] * 2


def knots(run, x=None):
    """X_0, ..., X_E before the projection, X_E after it, ..., X_{E+D}, (F, N, d)."""
    flow, half = run.model.flow(run.data.train if x is None else x), run.spec.depth // 2
    return np.concatenate([flow.states[:half], flow.dropped[None], flow.states[half:]])


@settings(max_examples=40)
@given(
    low=st.lists(st.floats(-2, 0.5), min_size=2, max_size=2),
    size=st.lists(st.floats(0.1, 3), min_size=2, max_size=2),
    bins=st.sampled_from([8, 33, 96]),
)
def test_mass_is_the_share_of_the_particles_inside(run, low, size, bins):
    ranges = np.stack([low, np.add(low, size)], axis=1)
    found, places = analysis.law(run, np.zeros(2), np.eye(2), ranges, bins), knots(run)
    inside = ((places >= ranges[:, 0]) & (places <= ranges[:, 1])).all(axis=2).mean(axis=1)
    np.testing.assert_allclose(found["mass"], inside, atol=1e-12)
    np.testing.assert_allclose(found["values"].sum(axis=(1, 2), dtype=float), inside, atol=1e-6)
    assert found["values"].shape == (8, bins, bins) and (found["values"] >= 0).all()


def test_it_lies_where_the_particles_are(run):
    """Mean of the density = mean of the particles; its variance is theirs and the bandwidth's."""
    center, turn = np.array([0.3, -0.2]), np.array([[0.6, -0.8], [0.8, 0.6]])
    ranges = np.array([[-9.0, 9.0], [-8.0, 10.0]])
    found, places = analysis.law(run, center, turn, ranges, 256), (knots(run) - center) @ turn
    edges = np.stack([found["x"], found["y"]], axis=1)
    np.testing.assert_allclose(edges[[0, -1]].T, ranges)
    middles = (edges[1:] + edges[:-1]) / 2
    for axis, summed in ((0, 1), (1, 2)):  # y runs along the first axis of a frame
        share, at, x = found["values"].sum(axis=summed, dtype=float), middles[:, axis], places[..., axis]
        mean = share @ at
        np.testing.assert_allclose(mean, x.mean(axis=1), atol=0.04)
        spread = x.var(axis=1) * (1 + len(x[0]) ** (-1 / 3))
        cell = edges[1, axis] - edges[0, axis]
        np.testing.assert_allclose(share @ at**2 - mean**2, spread, atol=cell**2 + 0.03 * spread.max())


def test_one_axis_and_three(make_run):
    line = make_run(dataset="bimodal", task="transport", bottleneck=1)
    found = analysis.law(line, [0.0], [[1.0]], [[-9.0, 9.0]])
    assert (
        found["values"].shape == (8, 1, 96)
        and found["x"][[0, -1]].tolist() == [-9.0, 9.0]
        and not found["y"].size
    )
    np.testing.assert_allclose(found["values"].sum(axis=(1, 2)), 1, atol=1e-6)
    space = make_run(dataset="s_curve", bottleneck=2)
    three = analysis.law(space, np.zeros(3), np.eye(3), [*EVERYWHERE, [-1.0, 1.0]], 32)
    two = analysis.law(space, np.zeros(3), np.eye(3)[:, :2], EVERYWHERE, 32)
    assert np.array_equal(three["values"], two["values"])


def test_classify_ends_after_the_projection(make_run):
    run = make_run(task="classify", bottleneck=1)
    found = analysis.law(run, np.zeros(2), np.eye(2), EVERYWHERE)
    assert len(found["values"]) == 5
    rows = found["values"][-1].sum(axis=1)  # all on the line where the second component is 0
    assert rows[46:50].sum() > 0.99


def test_its_places_are_those_of_the_particles_at_their_times(run, monkeypatch):
    found = analysis.law(run, np.zeros(2), np.eye(2), EVERYWHERE, 16)
    np.testing.assert_allclose(found["places"], knots(run), atol=1e-6)
    flow, half = run.model.flow(run.data.train[:1]), run.spec.depth // 2
    np.testing.assert_allclose(found["times"], np.insert(flow.times.numpy(), half, flow.times[half]))
    monkeypatch.setattr(particles_module, "MOST_PLACES", 10 * len(found["times"]))
    monkeypatch.setattr(particles_module, "BLOCK_BYTES", 4000)
    few = analysis.law(run, np.zeros(2), np.eye(2), EVERYWHERE, 16)
    chosen = np.linspace(0, few["particles"] - 1, 10).round().astype(int)
    np.testing.assert_allclose(few["places"], knots(run)[:, chosen], atol=1e-6)
    np.testing.assert_allclose(few["values"], found["values"], atol=1e-9)  # of all particles


@pytest.mark.parametrize("case", [{"particles": 1}, {"dataset": "bimodal_2d", "particles": 2}])
def test_hardly_any_particles(make_run, case):
    found = analysis.law(make_run(**case), np.zeros(2), np.eye(2), EVERYWHERE)
    np.testing.assert_allclose(found["values"].sum(axis=(1, 2)), 1, atol=1e-6)
    assert found["values"][0].max() > 0.1  # a mark, neither a haze nor nothing


def test_particles_all_equal_make_one_mark(tmp_path, make_run):
    path = tmp_path / "equal.csv"
    path.write_text("a,b\n" + "1,2\n" * 20)
    run = make_run(dataset=str(path), reading=Reading(drop=("none",)), particles=16, bottleneck=1)
    found = analysis.law(run, np.zeros(2), np.eye(2), EVERYWHERE)
    for frame in found["values"]:
        assert (frame > 1e-3).sum() <= 25 and abs(frame.sum() - 1) < 1e-6


def test_mass_of_particles_beyond_all_numbers_is_missing(make_run):
    run = make_run(1e200, activation="relu")
    found, places = analysis.law(run, np.zeros(2), np.eye(2), EVERYWHERE), knots(run)
    assert found["left_out"] == (~np.isfinite(places).all(axis=(0, 2))).sum() > 0
    assert found["mass"][0] == 1 and found["mass"].min() < 1 and np.isfinite(found["values"]).all()


def test_without_its_file_a_run_has_the_law_of_what_is_stored(csv_run):
    run, path = csv_run
    path.unlink()
    found = analysis.law(run, np.zeros(3), np.eye(3), [[-9.0, 9.0]] * 3)
    assert "stored with it" in found["note"] and found["particles"] == len(run.probe["inputs"])


def test_blocks_change_nothing(run, monkeypatch):
    whole = analysis.law(run, np.zeros(2), np.eye(2), EVERYWHERE)
    monkeypatch.setattr(particles_module, "BLOCK_BYTES", 4000)
    shares = []
    parts = analysis.law(
        run, np.zeros(2), np.eye(2), EVERYWHERE, report=lambda share, _: shares.append(share)
    )
    np.testing.assert_allclose(parts["values"], whole["values"], atol=1e-9)
    assert len(shares) > 5 and shares == sorted(shares)


@pytest.mark.parametrize(
    ("field", "arguments"),
    [
        ("ranges", {"ranges": [[1.0, 1.0], [0.0, 1.0]]}),
        ("ranges", {"ranges": [[0.0, 1.0]]}),
        ("ranges", {"ranges": [[0.0, np.inf], [0.0, 1.0]]}),
        ("bins", {"bins": 2}),
        ("bins", {"bins": 10**6}),
        ("basis", {"basis": np.eye(5)}),
        ("center", {"center": [0.0]}),
    ],
)
def test_bad_arguments(run, field, arguments):
    good = {"center": np.zeros(2), "basis": np.eye(2), "ranges": EVERYWHERE}
    with pytest.raises(InputError) as raised:
        analysis.law(run, **{**good, **arguments})
    assert raised.value.field == field
