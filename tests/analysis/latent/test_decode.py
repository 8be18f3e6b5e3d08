import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoencode_core import analysis
from autoencode_core.analysis.latent.decode import walk
from autoencode_core.analysis.run_particles import training_particles
from autoencode_core.errors import InputError

number = st.floats(-3, 3)


@pytest.mark.parametrize("order", ["natural", "reversed"])
@pytest.mark.parametrize("coordinates", ["raw", "standard", "principal"])
def test_path_of_a_particle_s_code_is_its_way_through_the_decoder(make_run, order, coordinates):
    run = make_run(dataset="s_curve", bottleneck=2, order=order, coordinates=coordinates)
    x = run.data.train[:7]
    z, flow = run.model.encode(x), run.model.flow(x)
    found = analysis.decode(run, z)
    np.testing.assert_allclose(found["states"], flow.states[3:], atol=1e-6)
    np.testing.assert_allclose(found["times"], flow.times[3:])
    np.testing.assert_allclose(found["outputs"], run.model.decode(z), atol=1e-12)
    assert found["nearest"].tolist() == list(range(7))
    np.testing.assert_allclose(found["code_distance"], 0, atol=1e-12)
    np.testing.assert_allclose(found["nearest_data"], x)
    scale = run.data.train.numpy().std(0) if coordinates == "standard" else 1.0
    apart = np.linalg.norm((found["outputs"] - x.numpy()) / scale, axis=1)
    np.testing.assert_allclose(found["data_distance"], apart)


@settings(max_examples=30)
@given(z=st.lists(st.tuples(number), min_size=1, max_size=4))
def test_nearest_is_nearest(run, z):
    found, codes = analysis.decode(run, z), run.model.encode(run.data.train).numpy()
    distances = np.abs(codes[:, 0] - np.asarray(z))
    np.testing.assert_allclose(found["code_distance"], distances.min(axis=1))
    np.testing.assert_allclose(distances[range(len(z)), found["nearest"]], distances.min(axis=1))


def test_sheets_are_decoded_grids(make_run, run):
    line = analysis.decoded_grid(run, [-1.0], [2.0], 5)
    np.testing.assert_allclose(line["codes"], np.linspace(-1, 2, 5)[:, None])
    np.testing.assert_allclose(line["outputs"], run.model.decode(line["codes"]))
    wide = make_run(dataset="s_curve", bottleneck=2, coordinates="standard")
    net = analysis.decoded_grid(wide, [-1.0, 0.0], [1.0, 3.0], 4)
    assert net["codes"].shape == (4, 4, 2) and net["outputs"].shape == net["states"].shape == (4, 4, 3)
    assert net["codes"][0, 3].tolist() == [1, 0] and net["codes"][3, 0].tolist() == [-1, 3]
    np.testing.assert_allclose(net["outputs"][3, 1], wide.model.decode(net["codes"][3, 1][None])[0])
    back = wide.model.coordinates.to_data(net["states"].reshape(-1, 3))
    np.testing.assert_allclose(net["outputs"].reshape(-1, 3), back)


@settings(max_examples=30)
@given(a=number, b=number, steps=st.integers(2, 30))
def test_walks_are_straight_in_the_code_and_never_shorter_than_straight_in_the_data(run, a, b, steps):
    found = walk(run, [a], [b], steps)
    np.testing.assert_allclose(found["codes"][:, 0], np.linspace(a, b, steps), atol=1e-12)
    ends = run.model.decode([[a], [b]]).numpy()
    np.testing.assert_allclose(found["outputs"][[0, -1]], ends, atol=1e-12)
    np.testing.assert_allclose(found["distance"], np.linalg.norm(ends[1] - ends[0]), atol=1e-12)
    assert found["length"] >= found["distance"] - 1e-12
    if steps == 2:
        assert found["length"] == pytest.approx(found["distance"])


def test_k_equal_to_d_and_one_component(make_run):
    for knobs in ({"bottleneck": 2}, {"dataset": "bimodal", "task": "transport", "bottleneck": 1}):
        run = make_run(**knobs)
        k = run.spec.bottleneck
        found = analysis.decode(run, np.zeros((1, k)))
        np.testing.assert_allclose(found["outputs"], run.model.decode(np.zeros((1, k))))
        assert analysis.decoded_grid(run, [-1.0] * k, [1.0] * k, 3)["outputs"].shape == (3,) * k + (k,)


def test_a_classifier_decodes_nothing(make_run):
    run = make_run(task="classify", bottleneck=1)
    for call in (
        lambda: analysis.decode(run, [[0.0]]),
        lambda: analysis.decoded_grid(run, [0.0], [1.0]),
        lambda: walk(run, [0.0], [1.0]),
    ):
        with pytest.raises(InputError, match=r"task = classify.*decoder"):
            call()


def test_a_run_without_finite_codes_has_nothing_near(make_run):
    run = make_run(1e200, activation="relu")
    found = analysis.decode(run, [[0.1]])
    lost = ~np.isfinite(run.model.encode(run.data.train).numpy()[:, 0])
    assert found["left_out"] == lost.sum() > 0
    assert lost.all() and found["nearest"].tolist() == [-1] and np.isnan(found["nearest_data"]).all()


def test_nearest_counts_the_particles_that_are_lost(make_run, monkeypatch):
    run = make_run()
    codes = run.model.encode(run.data.train).numpy()
    codes[:20] = np.nan
    monkeypatch.setattr(
        "autoencode_core.analysis.latent.decode.training_codes", lambda r: (training_particles(r), codes)
    )
    found = analysis.decode(run, codes[[40]])
    assert found["nearest"].tolist() == [40] and found["left_out"] == 20


def test_without_its_file_the_nearest_are_among_the_stored(csv_run):
    run, path = csv_run
    path.unlink()
    found = analysis.decode(run, run.model.encode(run.probe["inputs"][5:6]))
    assert found["nearest"].tolist() == [5] and "stored with it" in found["note"]


@pytest.mark.parametrize(
    ("field", "call"),
    [
        ("z", lambda run: analysis.decode(run, [[0.0, 1.0]])),
        ("z", lambda run: analysis.decode(run, [[np.nan]])),
        ("z", lambda run: analysis.decode(run, [])),
        ("z", lambda run: analysis.decode(run, "text")),
        ("z", lambda run: analysis.decode(run, np.zeros((5001, 1)))),
        ("low", lambda run: analysis.decoded_grid(run, [1.0], [1.0])),
        ("high", lambda run: analysis.decoded_grid(run, [1.0], [np.inf])),
        ("points", lambda run: analysis.decoded_grid(run, [0.0], [1.0], 1)),
        ("a", lambda run: walk(run, [0.0, 0.0], [1.0])),
        ("b", lambda run: walk(run, [0.0], [])),
        ("steps", lambda run: walk(run, [0.0], [1.0], 1)),
    ],
)
def test_bad_arguments(run, field, call):
    with pytest.raises(InputError) as raised:
        call(run)
    assert raised.value.field == field


def test_no_sheet_of_three_numbers(make_run):
    with pytest.raises(InputError, match="bottleneck = 3"):
        analysis.decoded_grid(make_run(dataset="s_curve", bottleneck=3), np.zeros(3), np.ones(3))


def test_a_grid_in_a_plane_of_codes_decodes_them(make_run):
    run = make_run(dataset="s_curve", bottleneck=3, coordinates="raw")
    center, axes = np.array([0.1, -0.2, 0.3]), np.linalg.qr(np.random.default_rng(0).normal(size=(3, 2)))[0]
    found = analysis.decoded_grid(run, [-1, 0], [1, 2], 5, center=center, axes=axes)
    assert found["places"].shape == (5, 5, 2) and found["codes"].shape == (5, 5, 3)
    assert found["places"][4, 0].tolist() == [-1, 2] and found["places"][0, 4].tolist() == [1, 0]
    np.testing.assert_allclose(found["codes"][3, 1], center - 0.5 * axes[:, 0] + 1.5 * axes[:, 1])
    decoded = run.model.decode(found["codes"].reshape(25, 3)).reshape(5, 5, -1)
    np.testing.assert_allclose(found["outputs"], decoded, atol=1e-12)


@pytest.mark.parametrize(
    ("field", "knobs"),
    [
        ("axes", {"center": [0.0, 0.0, 0.0]}),
        ("axes", {"axes": np.eye(3)[:, :2]}),
        ("axes", {"center": [0.0, 0.0, 0.0], "axes": np.eye(3)}),
        ("axes", {"center": [0.0, 0.0, 0.0], "axes": np.eye(2)}),
        ("center", {"center": [0.0, 0.0], "axes": np.eye(3)[:, :2]}),
        ("points", {"center": [0.0, 0.0, 0.0], "axes": np.eye(3)[:, :2], "points": 41}),
        ("bottleneck", {}),
    ],
)
def test_a_plane_that_is_none(make_run, field, knobs):
    run = make_run(dataset="s_curve", bottleneck=3, coordinates="raw")
    with pytest.raises(InputError) as raised:
        analysis.decoded_grid(run, [0.0, 0.0], [1.0, 1.0], **knobs)
    assert raised.value.field == field
