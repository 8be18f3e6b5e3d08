"""What the lesson on forgetting says of its runs, computed anew in NumPy from the control."""

import numpy as np
import pytest
from lessons.direct import STORE, about
from numpy.typing import NDArray

from autoencode_core.lessons.checks.why_forget import (
    after_bottleneck,
    error_if_remembered,
    spread_before,
    twins,
    twins_apart,
    untold,
)
from autoencode_core.lessons.reading import lessons
from autoencode_core.training.records import run_of

REST, TRAINED, MOONS = "gallery-s_curve_high", "gallery-s_curve", "gallery-moons"


def at_the_bottleneck(run_id: str) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The probe at t = 0, at T/2 before the projection, and at T: an own RK4 in NumPy, two layers, tanh."""
    record = STORE.record(run_id)
    model, spec = run_of(record).model, record.spec
    counts, r = model.architecture.counts, record.substeps
    x = (record.probe["inputs"].astype(float) - record.weights["center"]) @ record.weights["axes"]
    theta, state, at, before = np.asarray(record.weights["control"], float), x.copy(), 0, x
    for n, a in enumerate(counts):
        m = spec.expansion * a
        if n == len(counts) // 2:
            before = state.copy()
            state[:, spec.bottleneck :] = 0
        w, b, v = np.split(theta[at : at + 2 * m * a + m], [m * a, m * a + m])
        at += 2 * m * a + m

        def velocity(u: NDArray[np.float64], w=w, b=b, v=v, m=m, a=a) -> NDArray[np.float64]:  # type: ignore[no-untyped-def]
            return np.tanh(u @ w.reshape(m, a).T + b) @ v.reshape(a, m).T

        h = spec.horizon / spec.depth / r
        for _ in range(r):
            u = state[:, :a]
            k1 = velocity(u)
            k2 = velocity(u + h / 2 * k1)
            k3 = velocity(u + h / 2 * k2)
            k4 = velocity(u + h * k3)
            state[:, :a] = u + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    assert at == len(theta)
    return x, before, state


def test_a_decoder_that_remembers_leaves_no_error_at_rest() -> None:
    truth = error_if_remembered(about(REST))
    x, before, _ = at_the_bottleneck(REST)
    assert np.abs(before - x).max() < 1e-3, "this run moves nothing"
    assert truth.value == "none" and truth.facts["remembers"] == "0"
    assert float(truth.facts["forgets"]) == pytest.approx(np.square(x[:, 2]).mean(), rel=0.15)


def test_the_dropped_component_grows_in_the_encoder() -> None:
    truth = spread_before(about(TRAINED, REST))
    x, before, _ = at_the_bottleneck(TRAINED)
    sizes = np.sqrt(np.square(before[:, 2]).mean() / np.square(x[:, 2]).mean())
    assert truth.value == pytest.approx(sizes, rel=1e-3) and sizes > 1.5


def test_the_code_tells_what_is_dropped_in_the_trained_run_only() -> None:
    for run_id, least, most in ((TRAINED, 0, 0.05), (REST, 0.3, 2)):
        _, before, _ = at_the_bottleneck(run_id)
        code, third = before[:, :2], before[:, 2]
        nearest = [
            min((j for j in range(len(code)) if j != i), key=lambda j: np.linalg.norm(code[i] - code[j]))
            for i in range(len(code))
        ]
        share = np.square(third - third[nearest]).mean() / 2 / third.var()
        assert untold(STORE.record(run_id), np.array([2])) == pytest.approx(share, rel=1e-2)
        assert least <= share <= most


def test_the_marked_particle_falls_onto_the_line_of_the_code() -> None:
    truth, (_, before, _) = after_bottleneck(about(MOONS)), at_the_bottleneck(MOONS)
    one = np.abs(before[:, 1]).argmax()
    assert truth.places == [pytest.approx((before[one, 0], 0.0), abs=1e-3)]
    assert abs(before[one, 1]) > 1, "it must have somewhere to fall from"


def test_twins_in_the_code_come_out_together() -> None:
    truth, (one, other) = twins_apart(about(REST)), twins(STORE.record(REST))
    x, before, made = at_the_bottleneck(REST)
    assert np.linalg.norm(before[one, :2] - before[other, :2]) < 0.05
    assert np.linalg.norm(x[one] - x[other]) > 1.5, "the prompt says so"
    assert truth.value == pytest.approx(np.linalg.norm(made[one] - made[other]), abs=1e-4)


def test_the_lesson_asks_of_these_runs() -> None:
    lesson = lessons()["forgetting"]
    assert dict(lesson.runs) == {"rest": REST, "trained": TRAINED, "moons": MOONS}
    assert {question.kind for question in lesson.questions} == {"choice", "mark", "number"}
