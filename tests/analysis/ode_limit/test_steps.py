"""A trained network integrated more finely: orders, the adaptive reference, the verdict."""

from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest
from problems import FIELDS, RESIDUAL, SCHEMES
from scipy.integrate import solve_ivp
from scipy.linalg import expm

import autoencode_core as ac
from autoencode_core import analysis
from autoencode_core.analysis.ode_limit.steps import SUBSTEPS, Outputs, _fit, _judged, observed_order
from autoencode_core.errors import InputError
from autoencode_core.flow.schemes import SCHEMES as RULES
from autoencode_core.spec import RunSpec

ORDERS = {"euler": (1.0, 0.1), "midpoint": (2.0, 0.1), "rk4": (4.0, 0.2)}


def told(*_):
    return None


@pytest.fixture(scope="module")
def trained():
    """A trained run of both fields, with widths that change and a projection."""
    base = {"dataset": "s_curve", "depth": 12, "horizon": 4.0, "particles": 200, "dtype": "float64"}
    base |= {"tikhonov": 1e-3, **RESIDUAL}
    return {
        "single_layer": ac.train(RunSpec(**base, field="single_layer", iterations=60)),
        "two_layer": ac.train(RunSpec(**base, field="two_layer", expansion=4, iterations=40)),
    }


@pytest.mark.parametrize("field", ["single_layer", "two_layer"])
@pytest.mark.parametrize("method", ORDERS)
def test_every_method_reaches_its_order_on_a_trained_run(trained, field, method):
    order, room = ORDERS[method]
    assert observed_order(trained[field], method) == pytest.approx(order, abs=room)


@pytest.mark.parametrize("knobs", [{"task": "classify"}, {"activation": "sin"}, {"activation": "softplus"}])
def test_orders_of_other_runs(make_run, knobs):
    run = make_run(**knobs)
    for method, (order, room) in ORDERS.items():
        assert observed_order(run, method) == pytest.approx(order, abs=room)


def test_the_network_is_euler_with_one_sub_step(trained):
    run = trained["single_layer"]
    outputs = Outputs(run, 1000)
    made = run.model.to("cpu", outputs.x.dtype).reconstruct(run.data.train.double())
    made_in_flow = run.model.coordinates.to_flow(np.asarray(made))
    assert np.allclose(outputs.by("euler", 1, told), made_in_flow, atol=1e-12)
    found = analysis.steps(run, particles=1000)
    network = np.square(np.asarray(made) - np.asarray(run.data.train)).sum(axis=1).mean()
    assert found["network_error"] == pytest.approx(network, rel=1e-9)
    assert found["network_error"] == found["error"][0, 0]
    assert found["network_difference"] == found["difference"][0, 0]


@pytest.mark.parametrize("bottleneck", [1, 2])
def test_of_a_classifier_the_outputs_are_its_codes(make_run, bottleneck):
    run = make_run(task="classify", bottleneck=bottleneck, substeps=2)
    codes = np.asarray(run.model.encode(run.data.source.train))
    np.testing.assert_allclose(Outputs(run, 100).network(told), codes, atol=1e-12)


def test_finer_states_are_those_of_the_models_flow(trained):
    run = trained["two_layer"]
    outputs = Outputs(run, 1000)
    flow = run.model.to("cpu", outputs.x.dtype).flow(run.data.train.double(), "rk4", 4)
    assert np.allclose(outputs.by("rk4", 4, told), flow.states[-1].numpy(), atol=1e-12)


def test_a_linear_field_against_the_matrix_exponential(make_run):
    run = make_run(dataset="s_curve", bottleneck=3, activation="identity", field="single_layer", depth=4)
    outputs = Outputs(run, 50)
    state = np.concatenate([outputs.x[0].numpy(), np.ones((1, outputs.x.shape[2]))])
    for layer in outputs.layers:
        generator = np.zeros((4, 4))
        generator[:3, :3], generator[:3, 3] = layer[0][0].numpy(), layer[1][0, :, 0].numpy()
        state = expm(outputs.arch.step * generator) @ state
    exact = outputs.read(outputs.x.new_tensor(state[None, :3]))
    assert np.allclose(outputs.adaptive(1e-12, told), exact, atol=1e-10)
    assert np.allclose(outputs.by("rk4", 64, told), exact, atol=1e-8)


def test_without_a_bottleneck_it_is_a_neural_ode(make_run):
    """k = d: one solve over all of [0, T] with the control jumping at its layers."""
    run = make_run(bottleneck=2, depth=4)
    outputs = Outputs(run, 20)
    field, step, shape = outputs.arch.field, outputs.arch.step, outputs.x.shape

    def velocity(t, flat):
        layer = outputs.layers[min(int(t / step), len(outputs.layers) - 1)]
        return field.velocity(layer, outputs.x.new_tensor(flat).view(shape)).numpy().ravel()

    whole = solve_ivp(
        velocity, (0, 2.0), outputs.x.numpy().ravel(), "RK45", rtol=1e-8, atol=1e-8, max_step=step / 20
    )
    ends = outputs.read(outputs.x.new_tensor(whole.y[:, -1]).view(shape))
    assert np.allclose(outputs.adaptive(1e-12, told), ends, atol=1e-5)


def test_the_answer_says_what_it_found(trained):
    found = analysis.steps(trained["single_layer"])
    assert found["methods"] == ["euler", "midpoint", "rk4"] and found["declared"].tolist() == [1, 2, 4]
    assert found["substeps"].tolist() == list(SUBSTEPS)
    assert found["steps"] == pytest.approx(4.0 / 12 / np.array(SUBSTEPS))
    assert found["difference"].shape == found["error"].shape == found["fitted"].shape == (3, 7)
    assert found["reference"] == "DOP853" and found["evaluations"] > 100
    assert 0 < found["floor"] < 1e-8
    for row in range(3):
        fitted = found["fitted"][row]
        line = found["order_start"][row] + found["order"][row] * np.log(found["steps"][fitted])
        assert np.allclose(line, np.log(found["difference"][row][fitted]), atol=0.1)
    assert found["relative"] == pytest.approx(found["network_difference"] / found["spread"])


def test_the_verdict_tells_a_tame_flow_from_a_wild_one(make_run):
    assert analysis.steps(make_run(control=0.02, **RESIDUAL))["verdict"] == "ode"
    wild = analysis.steps(make_run(control=3.0, depth=4, **RESIDUAL))
    assert wild["verdict"] == "not" and wild["relative"] > 0.1
    assert analysis.steps(make_run(control=3.0, depth=4, substeps=4))["verdict"] == "ode"  # by rk4


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("field", FIELDS)
def test_the_network_is_that_of_its_own_scheme_and_substeps(make_run, field, scheme):
    """Its difference is that of the same control with these sub-steps, beside the reference."""
    run = make_run(dataset="s_curve", bottleneck=2, field=field, scheme=scheme, substeps=2, order="reversed")
    found = analysis.steps(run, substeps=(1, 2), methods=(scheme,))
    assert found["network_difference"] == found["difference"][0, 1] > 0
    made = np.asarray(run.model.reconstruct(run.data.train))
    error = np.square(made - np.asarray(run.data.train)).sum(axis=1).mean()
    assert found["network_error"] == pytest.approx(error, rel=1e-9)
    finer = run.model.in_substeps(64 if RULES[scheme].order > 1 else 4096)
    exact = np.asarray(finer.reconstruct(run.data.train))
    away = np.sqrt(np.square(made - exact).sum(axis=1).mean())
    assert found["network_difference"] == pytest.approx(away, rel=1e-2)


@pytest.mark.parametrize("field", FIELDS)
def test_a_scheme_of_its_own_reaches_its_order(make_run, field):
    assert observed_order(make_run(field=field, bottleneck=2), "kutta") == pytest.approx(3, abs=0.2)


@pytest.mark.parametrize(
    ("away", "verdict"), [(0.0, "ode"), (0.039, "ode"), (0.05, "nearly"), (0.19, "nearly"), (0.21, "not")]
)
def test_the_verdict_is_that_of_the_difference(away, verdict):
    """Data of size 2: outputs alike up to 0.04 and 0.2."""
    found = _judged({"network_difference": away}, 2.0)
    assert found["verdict"] == verdict and found["relative"] == pytest.approx(away / 2)


def test_a_flow_at_rest_gives_the_same_by_every_method(make_run):
    run = make_run(control=0.0)
    found = analysis.steps(run)
    assert not found["difference"].any() and np.isnan(found["order"]).all()
    assert found["verdict"] == "ode" and "at rest" in found["note"]
    assert np.isnan(observed_order(run))


def test_the_network_is_judged_whatever_is_asked_beside_it(make_run):
    whole, part = analysis.steps(make_run()), analysis.steps(make_run(), substeps=(2, 8), methods=("rk4",))
    for name in ("network_difference", "network_error", "relative", "verdict"):
        assert part[name] == pytest.approx(whole[name]) if name != "verdict" else part[name] == whole[name]


def test_one_particle_is_judged_by_the_length_of_its_target(make_run):
    run = make_run(particles=1, coordinates="raw", control=0.3)
    found = analysis.steps(run)
    length = float(np.linalg.norm(np.asarray(run.data.train)))
    assert np.isfinite(found["order"]).all()
    assert found["spread"] == 0 and found["relative"] == pytest.approx(found["network_difference"] / length)


STEPS = 0.5 ** np.arange(7)


def test_a_steady_slope_far_below_the_order_has_not_settled():
    """Particles that end on the wrong side of a watershed: the differences fall slowly, and steadily."""
    assert np.isnan(_fit(STEPS, 0.1 * STEPS**0.37, (1e-9, 1.0), 0.75)[0])
    assert _fit(STEPS, 0.1 * STEPS**1.02, (1e-9, 1.0), 0.75)[0] == pytest.approx(1.02)
    assert _fit(STEPS, 0.1 * STEPS**0.37, (1e-9, 1.0), -np.inf)[0] == pytest.approx(0.37)


def differences(*slopes: float) -> np.ndarray:
    """Differences at STEPS with these slopes between neighbours, from the coarsest two on."""
    return np.exp(-np.log(2) * np.cumsum([5.0, *slopes]))


@pytest.mark.parametrize(
    ("slopes", "count"),
    [
        ((1.0, 1.0, 1.0, 2.0, 2.0, 2.0), 4),  # the finest ones count
        ((1.5, 1.5, 1.5, 1.5, 2.0, 2.0), 3),  # as far as they are steady
        ((1.93, 1.93, 1.93, 2.0, 2.0, 2.0), 4),  # and no more than four
    ],
)
def test_a_slope_is_fitted_to_the_finest_steps_where_it_is_steady(slopes, count):
    slope, error, start, fitted = _fit(STEPS, differences(*slopes), (0.0, 1.0), 0.75)
    assert slope == pytest.approx(2.0) and error == pytest.approx(0, abs=1e-6)
    assert fitted.tolist() == [False] * (7 - count) + [True] * count
    np.testing.assert_allclose(start + slope * np.log(STEPS[-1]), np.log(differences(*slopes)[-1]))


def test_an_order_that_does_not_settle_is_looked_for_at_finer_steps(make_run, monkeypatch):
    module, asked = import_module("autoencode_core.analysis.ode_limit.steps"), []

    def unsettled(run, sizes, particles, methods):
        asked.append((sizes, particles, methods))
        order = 2.0 if len(asked) == 2 else np.nan
        return {"order": np.array([order]), "difference": np.ones((1, 7)), "floor": 1e-12}

    monkeypatch.setattr(module, "refinement", unsettled)
    assert observed_order(make_run(), "midpoint") == 2.0
    finer = [8 * size for size in SUBSTEPS]
    assert asked == [(list(SUBSTEPS), 500, ("midpoint",)), (finer, 100, ("midpoint",))]


@pytest.mark.parametrize("control", [0.3, 1.0, 3.0])
def test_what_is_fitted_is_clear_of_the_reference_and_small_beside_the_data(make_run, control):
    found = analysis.steps(make_run(control, activation="sin"))
    fitted = found["difference"][found["fitted"]]
    assert len(fitted) and fitted.min() > 30 * found["floor"] and fitted.max() < 0.1 * found["spread"]


@pytest.mark.parametrize("knobs", [{}, {"dataset": "bimodal", "task": "transport"}])
def test_the_reference_is_known_as_well_as_a_looser_solve_says(make_run, knobs):
    run = make_run(3.0, **knobs)
    found, outputs = analysis.steps(run, (1, 2), rtol=1e-6, methods=("euler",)), Outputs(run, 500)
    ends = outputs.adaptive(1e-6, told)
    assert found["evaluations"] == outputs.evaluations
    away = np.square(ends - outputs.adaptive(1e-5, told)).sum(axis=1).mean()
    assert found["floor"] == pytest.approx(np.sqrt(away), rel=1e-3) and found["floor"] > 1e-10
    points = (run.data.source.train_targets, run.model.reconstruct(run.data.source.train))
    targets, made = (run.model.coordinates.to_flow(np.asarray(each)) for each in points)
    for name, reached in (("reference_error", ends), ("network_error", made)):
        assert found[name] == pytest.approx(np.square(reached - targets).sum(axis=1).mean(), rel=1e-5)


def test_only_what_is_clear_of_the_reference_is_fitted():
    difference = np.maximum(1e-3 * STEPS**4, 1e-9)
    slope, _, _, fitted = _fit(STEPS, difference, (3e-8, 1.0), 3.75)
    assert slope == pytest.approx(4.0) and fitted.tolist() == [True] * 4 + [False] * 3


def test_a_steep_field_with_kinks_is_solved_less_sharply(make_run):
    found = analysis.steps(make_run(control=4.0, activation="relu", field="two_layer", particles=500))
    assert found["rtol"] == found["atol"] > 1e-12 and "tolerance" in found["note"]
    assert np.isfinite(found["difference"]).all() and found["verdict"] == "not"


def test_relu_says_that_it_has_kinks(make_run):
    found = analysis.steps(make_run(activation="relu"))
    assert "kinks" in found["note"] and np.isfinite(found["difference"]).all()


@pytest.mark.parametrize(
    "knobs",
    [
        {"particles": 1},
        {"dataset": "bimodal", "task": "transport"},
        {"task": "denoise"},
        {"task": "classify"},
        {"coordinates": "standard"},
        {"coordinates": "raw", "order": "reversed"},
    ],
)
def test_every_kind_of_run_has_an_answer(make_run, knobs):
    found = analysis.steps(make_run(**knobs))
    assert np.isfinite(found["difference"]).all() and np.isfinite(found["error"]).all()
    assert found["verdict"] in ("ode", "nearly", "not")


def test_of_many_particles_some_are_taken(make_run):
    found = analysis.steps(make_run(), substeps=(1, 2, 4), particles=25)
    assert found["moved"] == 20 and "20 of the 60 particles" in found["note"]


def test_what_cannot_be_asked_is_refused(make_run):
    run = make_run()
    with pytest.raises(InputError, match="substeps"):
        analysis.steps(run, substeps=(4, 2))
    with pytest.raises(InputError, match="rtol"):
        analysis.steps(run, rtol=0.5)
    with pytest.raises(InputError, match="euler"):
        observed_order(run, "adams")
    with pytest.raises(InputError, match="diverged"):
        analysis.steps(replace(run, status="diverged"))


def test_a_field_too_steep_is_a_sentence(make_run):
    with pytest.raises(InputError, match="so steep"):
        analysis.steps(make_run(control=1e5))


def test_progress_grows_and_can_give_up(make_run, stopping):
    shares = []
    analysis.steps(make_run(), report=lambda share, words: shares.append(share))
    assert len(shares) > 30 and shares == sorted(shares) and shares[-1] <= 1
    stop, after = stopping
    with pytest.raises(stop):
        analysis.steps(make_run(), report=after(5))
