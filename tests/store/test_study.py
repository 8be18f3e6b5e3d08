import pytest
from pydantic import ValidationError

from autoencode_core.errors import InputError
from autoencode_core.knobs import explain
from autoencode_core.spec import RunSpec
from autoencode_core.store.study import (
    MOST_SHOWN,
    Outcome,
    Plan,
    Study,
    only_converged,
    spread,
    study_line,
    table,
)

SPEC = RunSpec(dataset="s_curve")


def outcome(tikhonov, seed=0, cost=1.0, minimiser=0, **more):
    return Outcome(
        tikhonov,
        seed,
        "",
        more.pop("status", "converged"),
        10,
        cost,
        cost,
        cost,
        1.0,
        cost,
        cost,
        0.1,
        minimiser,
        **more,
    )


def plan(**changes):
    return Plan(**{"kind": "strip", "spec": SPEC, "tikhonov": (0.1, 0.01), "seeds": (2, 0), **changes})


def test_places_go_weight_by_weight_and_seed_by_seed():
    assert [(p.tikhonov, p.seed) for p in plan().settings()] == [(0.01, 0), (0.01, 2), (0.1, 0), (0.1, 2)]
    both = plan(kind="continuation").settings()
    assert [(p.tikhonov, p.branch) for p in both] == [
        (0.1, "down"),
        (0.01, "down"),
        (0.01, "up"),
        (0.1, "up"),
    ]


def test_a_run_is_trained_on_for_so_many_times_as_many_iterations():
    assert plan(spec=SPEC.but(iterations=200)).trained().iterations == 2000
    assert plan(spec=SPEC.but(iterations=200), further=0).trained() == SPEC.but(iterations=200)
    assert plan(spec=SPEC.but(iterations=50_000)).trained().iterations == 100_000
    adam = SPEC.but(method="adam", iterations=200)
    assert plan(spec=adam).trained() == adam


def test_only_what_converged_has_a_minimiser_and_only_between_such_is_a_jump():
    ways = ["converged", "converged", "finished", "converged", "stopped", "diverged"]
    runs = [outcome(0.1, i, minimiser=i, jump=True, status=way) for i, way in enumerate(ways)]
    found = only_converged(runs)
    assert [each.minimiser for each in found] == [0, 1, None, 3, None, None]
    assert [each.jump for each in found] == [False, True, False, False, False, False]
    assert only_converged(found) == found and only_converged([]) == ()


def test_at_most_eight_regimes_are_shown_from_end_to_end():
    some = plan(tikhonov=[10.0**-i for i in range(7)]).shown()
    assert some == [0, 2, 4, 6, 8, 10, 12]
    many = plan(tikhonov=[i / 100 for i in range(20)])
    assert len(many.shown()) == MOST_SHOWN
    assert many.shown()[0] == 0 and many.shown()[-1] == 38


@pytest.mark.parametrize(
    "changes",
    [
        {"tikhonov": ()},
        {"tikhonov": (0.1, 0.1)},
        {"tikhonov": (-1.0,)},
        {"tikhonov": (float("nan"),)},
        {"seeds": (0, 0)},
        {"seeds": (-1,)},
        {"kind": "other"},
        {"further": -1},
        {"further": 100},
        {"name": "x" * 81},
        {"name": "a\x00b"},
        {"kind": "continuation", "tikhonov": (0.1,)},
        {"tikhonov": [i / 50 for i in range(40)], "seeds": range(10)},
    ],
)
def test_a_plan_that_cannot_be_is_refused(changes):
    with pytest.raises(ValidationError):
        plan(**changes)


def test_what_the_study_says_of_a_weight():
    study = Study(
        "strip",
        SPEC,
        (
            outcome(0.01, 0, 0.5, 1),
            outcome(0.01, 1, 0.4, 0),
            outcome(0.1, 0, 0.9, None, status="diverged"),
            outcome(0.1, 1, 0.9, 0),
        ),
        (1.0, 1.0),
        2.0,
    )
    assert study.weights == (0.01, 0.1) and study.seeds == (0, 1)
    assert study.minimisers(0.01) == 2 and study.minimisers(0.1) == 1
    assert study.best(0.01) == 1 and study.best(0.1) == 3 and study.best(7.0) is None
    assert study_line(study) == "S-curve · k = 2 · λ = 0.01 … 0.1 · 2 weights × 2 seeds"


def test_the_table_tells_convexity_where_the_curvature_is_known():
    study = Study("strip", SPEC, (outcome(0.01), outcome(0.1)), (1.0, 1.0), 2.0)
    nan = float("nan")
    rows = table(study.curved([nan, -0.05], [nan, 1e-6], [nan, -0.06]))
    assert rows[0]["curvature"] is None and rows[0]["convexity"] is None
    assert rows[1]["convexity"] == pytest.approx(0.15)


def test_explained_errors_name_the_field():
    with pytest.raises(ValidationError) as caught:
        RunSpec(data_seed=-3)
    (error,) = explain(caught.value)
    assert (error.field, error.value) == ("data_seed", -3)


def test_a_span_is_spread_evenly_in_round_numbers():
    assert spread(1e-4, 1e-1, 7) == [0.0001, 0.00032, 0.001, 0.0032, 0.01, 0.032, 0.1]
    close = spread(0.01, 0.011, 9)
    assert len(set(close)) == 9 and close[0] == 0.01 and close[-1] == 0.011
    for wrong in ((0, 1, 3), (1, 1, 3), (1, 0.1, 3), (0.1, 1, 1)):
        with pytest.raises(InputError, match="tikhonov"):
            spread(*wrong)


def test_the_verdict_of_a_run_is_that_of_its_difference_and_unknown_without_one():
    found = [
        outcome(0.1, ode_difference=value).verdict for value in (None, 0.0, 0.02, 0.1, 0.11, float("inf"))
    ]
    assert found == [None, "ode", "ode", "nearly", "not", "not"]
    study = Study("strip", SPEC, (outcome(0.01), outcome(0.1, ode_difference=0.3)), (1.0, 1.0), 2.0)
    assert [row["verdict"] for row in table(study)] == [None, "not"]
