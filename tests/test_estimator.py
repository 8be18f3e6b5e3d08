"""AutoencODETransformer: scikit-learn's own checks, and what they do not ask."""

import pickle
from functools import partial

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from autoencode_core.errors import InputError
from autoencode_core.estimator import AutoencODETransformer
from autoencode_core.spec import RunSpec
from autoencode_core.store.run_store import RunStore

quick = partial(AutoencODETransformer, tikhonov=1e-3, iterations=5, random_state=0)
STRONG = {"field": "two_layer", "depth": 8, "horizon": 3.0}
"""A field that is far stronger than a table's usual one."""
IRIS = load_iris().data[::3]


@parametrize_with_checks([quick(random_state=None)])
def test_as_scikit_learn_wants_it(estimator, check):
    check(estimator)


def test_at_a_high_weight_it_is_pca_of_the_standardised_table():
    # λ so high that the flow rests: independent of our PCA, by scikit-learn's.
    table = IRIS * [1, 100, 1e-3, 1]
    found = quick(tikhonov=1000.0, iterations=100).fit(table)
    pipeline = make_pipeline(StandardScaler(), PCA(2)).fit(table)
    expected = pipeline.transform(table)
    signs = np.sign((expected * found.transform(table)).sum(axis=0))
    np.testing.assert_allclose(found.transform(table), expected * signs, atol=1e-3)
    back = pipeline.inverse_transform(expected)
    np.testing.assert_allclose(
        found.inverse_transform(found.transform(table)) / table.std(0), back / table.std(0), atol=1e-3
    )
    assert found.score(table) == pytest.approx(pipeline[1].explained_variance_ratio_.sum(), abs=1e-4)


def test_training_does_better_than_pca():
    turn = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    circle = np.stack([np.cos(turn), 3 * np.sin(turn)], axis=1)
    found = quick(1, tikhonov=1e-4, iterations=60, **STRONG).fit(circle)
    assert found.score(circle) > 0.9  # PCA: 0.5
    assert found.n_iter_ <= 60 and found.tikhonov_ == 1e-4


def test_units_of_the_columns_do_not_matter():
    there = quick().fit(IRIS)
    other = quick().fit(IRIS * [1e6, 1e-6, 3, 1])
    assert other.score(IRIS * [1e6, 1e-6, 3, 1]) == pytest.approx(there.score(IRIS), rel=1e-6)


def test_score_is_the_explained_share_of_those_rows():
    found, rows = quick().fit(IRIS[:30]), IRIS[30:]
    coordinates = found.run_.model.coordinates
    there, back = (
        coordinates.to_flow(part) for part in (rows, found.inverse_transform(found.transform(rows)))
    )
    unexplained = ((there - back) ** 2).sum() / ((there - there.mean(axis=0)) ** 2).sum()
    assert found.score(rows) == pytest.approx(1 - unexplained)


def test_the_precision_is_that_of_the_table():
    double, single = quick().fit(IRIS), quick().fit(IRIS.astype(np.float32))
    assert double.run_.spec.dtype == "float64" and single.run_.spec.dtype == "float32"
    assert single.transform(IRIS.astype(np.float32)).dtype == np.float32
    assert single.inverse_transform(single.transform(IRIS.astype(np.float32))).dtype == np.float32


def test_every_row_is_trained_on_and_the_seed_decides():
    first, again, other = quick().fit(IRIS), quick().fit(IRIS), quick(random_state=1).fit(IRIS)
    assert len(first.run_.data.train) == len(IRIS)
    np.testing.assert_array_equal(first.transform(IRIS), again.transform(IRIS))
    assert not np.array_equal(first.transform(IRIS), other.transform(IRIS))


@pytest.mark.parametrize(
    "table",
    [
        IRIS[:2],
        IRIS[:, :1],
        np.column_stack([IRIS[:, :2], np.full(len(IRIS), 0.1)]),
        np.full((5, 3), 7.0),
        np.arange(12).reshape(6, 2),
    ],
    ids=["2 rows", "1 column", "a constant column", "constant columns", "whole numbers"],
)
@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_small_and_flat_tables(table, precision):
    table = table.astype(precision)
    found = quick(1).fit(table)
    codes = found.transform(table)
    back = found.inverse_transform(codes)
    assert codes.shape == (len(table), 1) and back.shape == table.shape
    assert np.isfinite(back).all() and np.isfinite(found.score(table))


def test_a_constant_column_comes_back_as_it_was():
    table = np.column_stack([IRIS[:, :2], np.full(len(IRIS), 0.1)])
    found = quick(1, tikhonov=1000.0, iterations=100).fit(table)
    np.testing.assert_allclose(found.inverse_transform(found.transform(table))[:, 2], 0.1, atol=1e-3)


def test_the_table_may_change_afterwards():
    table = IRIS.copy()
    found = quick().fit(table)
    table[:] = 0
    np.testing.assert_array_equal(found.run_.data.train, IRIS)


def test_what_is_not_said_is_what_suits_a_table(tmp_path):
    path = tmp_path / "mine.csv"
    np.savetxt(path, IRIS, delimiter=",", header="a,b,c,d", comments="")
    there, here = RunSpec(dataset=str(path)), AutoencODETransformer()._spec(IRIS)
    own = {"dataset", "particles", "dtype", "seed"}
    assert here.model_dump(exclude=own) == there.model_dump(exclude=own)
    given = AutoencODETransformer(field="two_layer", depth=4, horizon=1.0, iterations=7)._spec(IRIS)
    assert (given.field, given.depth, given.horizon, given.iterations) == ("two_layer", 4, 1.0, 7)
    assert AutoencODETransformer(fidelity=None)._spec(IRIS).fidelity is None


def test_the_rows_choose_the_tikhonov_weight():
    found = AutoencODETransformer(iterations=3, depth=4, random_state=0).fit(IRIS[::3])
    choice = found.run_.choice
    assert choice is not None and found.tikhonov_ == choice.tikhonov in choice.weights
    kept = pickle.loads(pickle.dumps(found))
    assert kept.tikhonov_ == found.tikhonov_ and kept.run_.choice == choice
    with pytest.raises(ValueError, match=r"1 sample"):
        AutoencODETransformer().fit(IRIS[:1])


def test_names_and_tables_of_pandas():
    frame = pd.DataFrame(IRIS, columns=["a", "b", "c", "d"])
    found = quick().set_output(transform="pandas").fit(frame)
    assert list(found.transform(frame)) == ["autoencodetransformer0", "autoencodetransformer1"]
    assert list(found.get_feature_names_out()) == list(found.transform(frame))
    assert list(found.feature_names_in_) == list("abcd") and found.n_features_in_ == 4
    assert found.run_.columns == tuple("abcd")
    with pytest.raises(ValueError, match="feature names"):
        found.transform(frame[list("dcba")])


def test_in_a_pipeline_and_a_grid_search():
    pipeline = make_pipeline(StandardScaler(), quick(coordinates="principal", tikhonov=0.1, iterations=30))
    search = GridSearchCV(pipeline, {"autoencodetransformer__n_components": [1, 3]}, cv=2).fit(IRIS)
    assert search.best_params_ == {"autoencodetransformer__n_components": 3}
    assert search.cv_results_["mean_test_score"][1] > 0.8
    assert search.best_estimator_[:-1].transform(IRIS).shape == IRIS.shape


# ---- wrong parameters


@pytest.mark.parametrize(
    "parameters, named",
    [
        ({"n_components": 5}, "n_components = 5: allowed is a whole number from 1 to 4"),
        ({"n_components": 0}, "n_components = 0"),
        ({"tikhonov": -1.0}, "tikhonov = -1.0"),
        ({"method": "sgd"}, "method = sgd"),
        ({"profile": (3, 2, 2, 2)}, "profile"),
        ({"field": "three_layer"}, "field = three_layer"),
        ({"coordinates": "polar"}, "coordinates = polar"),
        ({"depth": 5}, "depth = 5"),
    ],
)
def test_a_bad_parameter_is_named(parameters, named):
    with pytest.raises(InputError) as caught:
        quick(**parameters).fit(IRIS)
    assert str(caught.value).startswith(named)


def test_codes_of_another_width_are_refused():
    with pytest.raises(ValueError, match=r"z = shape \(1, 3\)"):
        quick().fit(IRIS).inverse_transform([[1.0, 2.0, 3.0]])


def test_before_fit():
    for ask in (quick().transform, quick().score, lambda x: quick().inverse_transform(x[:, :2])):
        with pytest.raises(NotFittedError):
            ask(IRIS)


def test_a_training_that_runs_off_is_told():
    with pytest.warns(ConvergenceWarning):
        found = quick(**{**STRONG, "horizon": 100.0}, activation="relu", init_scale=10.0, fidelity=None).fit(
            IRIS
        )
    assert np.isfinite(found.transform(IRIS)).all()


# ---- kept and shared


class OnlyPlain(pickle.Unpickler):
    """Refuses whatever is not numpy's, Python's or the estimator itself."""

    def find_class(self, module, name):
        assert module.split(".")[0] in ("numpy", "builtins", "copyreg") or name == "AutoencODETransformer"
        return super().find_class(module, name)


def test_a_pickle_holds_plain_things_and_gives_the_same_back(tmp_path):
    found = quick().fit(pd.DataFrame(IRIS, columns=["a", "b", "c", "d"]))
    path = tmp_path / "found.pickle"
    path.write_bytes(pickle.dumps(found))
    with path.open("rb") as file:
        back = OnlyPlain(file).load()
    frame = pd.DataFrame(IRIS, columns=["a", "b", "c", "d"])
    np.testing.assert_array_equal(back.transform(frame), found.transform(frame))
    np.testing.assert_array_equal(back.inverse_transform(IRIS[:, :2]), found.inverse_transform(IRIS[:, :2]))
    assert back.score(frame) == found.score(frame) and back.get_params() == found.get_params()
    assert back.run_.spec == found.run_.spec and list(back.feature_names_in_) == list("abcd")
    assert pickle.loads(pickle.dumps(quick())).get_params() == quick().get_params()


def test_a_spoilt_pickle_is_refused():
    state = quick().fit(IRIS).__getstate__()
    assert isinstance(state["run_"], bytes)
    with pytest.raises(InputError):
        AutoencODETransformer().__setstate__({**state, "run_": state["run_"][:-200]})


def test_a_clone_is_not_fitted():
    assert not hasattr(clone(quick().fit(IRIS)), "run_")


def test_the_run_can_be_stored(tmp_path):
    found, store = quick().fit(IRIS), RunStore(tmp_path)
    run = store.load(store.save(found.run_))
    np.testing.assert_array_equal(run.model.encode(IRIS).numpy(), found.transform(IRIS))
    with pytest.raises(InputError, match="given as arrays are not kept"):
        _ = run.data
