from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist, pdist

from autoencode_core.analysis.latent.codes import activity, embedding, neighbours
from autoencode_core.data.reading import Reading
from autoencode_core.errors import InputError


def two_blobs(width=8, each=20, seed=0):
    points = np.random.default_rng(seed).standard_normal((2 * each, width))
    points[each:, 0] += 40
    return points, np.repeat([0, 1], each)


@pytest.mark.parametrize("dimensions", [1, 2, 3])
def test_tsne_keeps_two_far_blobs_apart(run, dimensions):
    points, blob = two_blobs()
    found = embedding(run, points, "tsne", dimensions, perplexity=10)
    apart = cdist(found["points"], found["points"])
    np.fill_diagonal(apart, np.inf)
    assert np.array_equal(blob[apart.argmin(axis=1)], blob), "a point's neighbour is of the other blob"
    assert found["points"].shape == (40, dimensions) and found["perplexity"] == 10
    assert 0 <= found["divergence"] < 1
    again = embedding(run, points, "tsne", dimensions, perplexity=10)
    assert np.array_equal(again["points"], found["points"])


def test_tsne_is_as_good_as_in_one_piece(run):
    from sklearn.manifold import TSNE

    points = np.random.default_rng(1).standard_normal((120, 5))
    whole = TSNE(perplexity=20, random_state=0).fit(points.astype(np.float32)).kl_divergence_
    assert embedding(run, points, "tsne", perplexity=20)["divergence"] < 1.05 * whole


def test_tsne_tells_how_far_it_is_and_can_be_ended(run, stopping):
    stop, after = stopping
    points, _ = two_blobs(each=5)
    shares = []
    embedding(run, points, "tsne", report=lambda share, words: shares.append(share))
    assert shares == [0, 0, 0.25, 0.5, 0.75]
    with pytest.raises(stop):
        embedding(run, points, "tsne", report=after(3))


@pytest.mark.parametrize("codes", [np.zeros((8, 3)), np.arange(5.0)[:, None], 1e30 * np.eye(6)])
def test_tsne_of_odd_codes(run, codes):
    found = embedding(run, codes, "tsne")
    assert np.isfinite(found["points"]).all() and found["perplexity"] == (len(codes) - 1) / 3


def test_principal_axes_keep_all_distances_when_they_can(run):
    points = np.random.default_rng(2).standard_normal((30, 2)) @ [[3, 1], [0, 1]] + 5
    for dimensions in (2, 3):
        found = embedding(run, points, "pca", dimensions)
        np.testing.assert_allclose(pdist(found["points"]), pdist(points), rtol=1e-5)
        assert found["explained"].sum() == pytest.approx(1) and (np.diff(found["explained"]) <= 0).all()
    assert embedding(run, points, "pca", 1)["explained"][0] < 1
    assert not embedding(run, np.ones((6, 2)), "pca")["explained"].any()


@pytest.mark.parametrize("kind", ["pca", "tsne"])
def test_codes_that_are_no_numbers_are_left_out(run, kind):
    points, _ = two_blobs()
    points[3, 2], points[5, 0] = np.nan, np.inf
    found = embedding(run, points, kind)
    lost = np.isnan(found["points"]).any(axis=1)
    assert np.flatnonzero(lost).tolist() == [3, 5] and found["left_out"] == 2
    points[6:] = np.nan
    with pytest.raises(InputError, match=r"codes = 4 of them finite.*at least 5"):
        embedding(run, points, kind)


@pytest.mark.parametrize(
    ("field", "arguments"),
    [
        ("codes", {"codes": np.zeros(9)}),
        ("codes", {"codes": np.zeros((20_001, 1)), "kind": "tsne"}),
        ("kind", {"kind": "umap"}),
        ("dimensions", {"dimensions": 4}),
        ("perplexity", {"perplexity": 1}),
        ("perplexity", {"perplexity": float("nan")}),
    ],
)
def test_bad_embeddings(run, field, arguments):
    with pytest.raises(InputError) as raised:
        embedding(run, **{"codes": two_blobs()[0], **arguments})
    assert raised.value.field == field


def test_activity_is_that_of_the_training_codes(make_run):
    run = make_run(dataset="s_curve", bottleneck=3, particles=80)
    found, codes = activity(run), run.model.encode(run.data.train).numpy()
    np.testing.assert_allclose(found["mean"], codes.mean(axis=0))
    np.testing.assert_allclose(found["variance"], codes.var(axis=0))
    np.testing.assert_allclose(found["correlation"], np.corrcoef(codes.T), atol=1e-12)
    v = np.linalg.eigvalsh(np.cov(codes.T))
    assert found["participation"] == pytest.approx(v.sum() ** 2 / (v**2).sum())
    assert (found["particles"], found["left_out"], found["note"]) == (80, 0, "")


def test_a_turned_cloud_has_the_same_participation(monkeypatch):
    rng = np.random.default_rng(0)
    cloud = rng.standard_normal((400, 3)) * [3.0, 1.0, 0.2]
    v = np.linalg.eigvalsh(np.cov(cloud.T))
    quarter, _ = np.linalg.qr(rng.standard_normal((3, 3)))
    for codes in (cloud, cloud @ quarter + 5):
        found = participation_of(codes, monkeypatch)
        assert found == pytest.approx(v.sum() ** 2 / (v**2).sum(), rel=1e-9)
    along = rng.standard_normal(50)
    assert participation_of(np.stack([along, along, -2 * along], 1), monkeypatch) == pytest.approx(1)
    assert participation_of(1e150 * cloud, monkeypatch) == pytest.approx(v.sum() ** 2 / (v**2).sum())


def participation_of(points, monkeypatch):
    particles = SimpleNamespace(note="")
    monkeypatch.setattr("autoencode_core.analysis.latent.codes.training_codes", lambda _: (particles, points))
    wide = SimpleNamespace(spec=SimpleNamespace(bottleneck=points.shape[1]))
    return activity(wide)["participation"]


@settings(max_examples=15)
@given(control=st.floats(0, 3), bottleneck=st.integers(1, 3))
def test_participation_lies_between_one_and_k(make_run, control, bottleneck):
    found = activity(make_run(control, dataset="torus", bottleneck=bottleneck, particles=30))
    assert 1 - 1e-9 <= found["participation"] <= bottleneck + 1e-9
    assert np.abs(np.diag(found["correlation"]) - 1).max() < 1e-9


def test_activity_of_odd_runs(make_run, csv_run, tmp_path):
    one = activity(make_run(particles=1, bottleneck=2))
    assert one["participation"] == 0 and not one["variance"].any() and np.isnan(one["correlation"]).all()
    path = tmp_path / "equal.csv"
    path.write_text("a,b\n" + "0.1,2.7\n" * 20)
    equal = make_run(dataset=str(path), reading=Reading(drop=("none",)), particles=16, bottleneck=2)
    assert activity(equal)["participation"] == 0
    lost = activity(make_run(1e200, activation="relu"))
    assert 0 < lost["left_out"] <= 60 and np.isfinite(lost["variance"]).all()
    run, file = csv_run
    file.unlink()
    assert "stored with it" in activity(run)["note"]


def vote(known, labels, asked, k):
    """The k nearest neighbours' vote, by brute force; a tie goes to the first class."""
    nearest = cdist(asked, known).argsort(axis=1)[:, :k]
    return np.array([np.bincount(row).argmax() for row in labels[nearest]])


def test_neighbours_vote_on_code_data_and_pca(make_run):
    run = make_run(dataset="gaussian_mixture", bottleneck=1, particles=100)
    found, data = neighbours(run, 5), run.data
    labels, truth = data.train_labels.numpy(), data.test_labels.numpy()
    centred = data.train - data.train.mean(0)
    axis = np.linalg.svd(centred.numpy())[2][:1].T
    spaces = {
        "code": (run.model.encode(data.train), run.model.encode(data.test)),
        "raw": (data.train, data.test),
        "pca": (data.train.numpy() @ axis, data.test.numpy() @ axis),
    }
    for name, (known, asked) in spaces.items():
        expected = (vote(np.asarray(known), labels, np.asarray(asked), 5) == truth).mean()
        assert found[name] == pytest.approx(expected), name
    assert found["raw"] > 0.9 > found["pca"] > found["chance"] and (found["train"], found["test"]) == (
        100,
        25,
    )


def test_separable_classes_are_told_apart(make_run):
    run = make_run(0, dataset="bimodal_2d", task="reconstruct", bottleneck=1, particles=80)
    found = neighbours(run)
    assert found["code"] == found["raw"] == found["pca"] == 1 and found["chance"] < 0.8


def test_neighbours_need_labels_and_data(make_run, csv_run):
    with pytest.raises(InputError, match=r"dataset = circle.*labels"):
        neighbours(make_run(dataset="circle"))
    with pytest.raises(InputError, match="did not diverge"):
        neighbours(make_run(1e200, activation="softplus", field="two_layer"))
    with pytest.raises(InputError, match="k = 0"):
        neighbours(make_run(), 0)
    run, path = csv_run
    assert neighbours(run, 100)["k"] == 20
    again, _ = make_run(dataset=str(path), particles=20, bottleneck=2), path.unlink()
    with pytest.raises(InputError, match=r"file|dataset"):
        neighbours(again)


def test_neighbours_can_be_ended(make_run, stopping):
    stop, after = stopping
    with pytest.raises(stop):
        neighbours(make_run(), report=after(3))
