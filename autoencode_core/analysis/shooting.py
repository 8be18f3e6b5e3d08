"""Training seen from near: one iteration of pmp phase by phase, and the methods side by side."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from autoencode_core.analysis.maximum_principle import Stand, costates
from autoencode_core.analysis.particles import Array, Report, silent
from autoencode_core.analysis.spectrum import Place, finite
from autoencode_core.errors import InputError
from autoencode_core.flow.architecture import Architecture
from autoencode_core.spec import FIRST_STEP, RunSpec
from autoencode_core.training.device import flushed, layer_flops, threads_for
from autoencode_core.training.engine import Engine
from autoencode_core.training.hamiltonian import layer_squares
from autoencode_core.training.loop import METHODS, NEGLIGIBLE
from autoencode_core.training.method import Method
from autoencode_core.training.objective import Objective, Terms
from autoencode_core.training.pmp import GROW, SHRINK, SUFFICIENT, Pmp
from autoencode_core.training.run import DTYPES, Run


class _Watched(Objective):
    """An objective that remembers the controls at which it was asked, and what it said."""

    def __init__(self, arch: Architecture, x: Tensor, y: Tensor, tikhonov: Tensor) -> None:
        super().__init__(arch, x, y, tikhonov)
        self.asked: list[tuple[Tensor, float]] = []

    def cost_and_gradient(self, theta: Tensor, wanted: Tensor | None = None) -> tuple[Terms, Tensor]:
        """As Objective."""
        terms, gradient = super().cost_and_gradient(theta, wanted)
        self.asked.append((theta[0].clone(), float(terms.cost[0])))
        return terms, gradient


def pmp_iteration(run: Run, iteration: int | None = None, report: Report | None = None) -> dict[str, Any]:
    """One iteration of pmp with the paper's metric ‖Δ‖², from a control of a run's training.

    Phase 1, forward: the states, and J. Phase 2, backward: the costates. Phase 3, maximise: at every layer
    one proximal step towards the maximum of H_n(θ) - |θ - θ_n|²/(2τ), states and costates frozen. Phase 4:
    accept if J(θ) <= J - (c/τ)‖θ - θ^j‖², otherwise τ is halved and phases 3 and 4 come again. All with the
    scheme and the sub-steps of the trained network, also where training began with fewer.

    Args:
        run: the run.
        iteration: from which of the controls that were kept (the nearest); by default the trained one. For
            a run of pmp with this metric τ goes on from its last step there, otherwise from its first step.
        report: progress.

    Returns:
        iteration; cost, data_term, gradient_norm at the start; hamiltonian (L,), H_n(θ_n^j); of each trial
        (m,): tau, trial_cost, bound (what J had to reach), move = ‖θ - θ^j‖, and layer by layer (m, L)
        trial_hamiltonian, H_n(θ_n), augmented, H_n(θ_n) - |θ_n - θ_n^j|²/(2τ), and trial_move; accepted,
        whether the last trial was; inner_steps, proximal steps of a trial; sufficient, c; next_tau, with
        which the next iteration begins; times (S,), states and costates (S, n, d) of the probe batch at the
        start, and all else that `costates` gives; states_after, costates_after and dropped_after, those at
        the last trial; note.

    Raises:
        InputError: the run diverged, or kept no controls and an iteration is asked for.
    """
    report = report or silent
    report(0.0, "Sending the particles forward.")
    (number, theta), spec = _control(run, iteration), _paper(run.spec)
    with torch.no_grad():
        stand = Stand(run)
        shot = stand.shoot(theta)
        weight = stand.x.new_full((1,), stand.weight)
        objective = _Watched(stand.arch, stand.x, stand.y, weight)
        method = Pmp(objective, theta[None], [spec])
        method.tau = _first_tau(run, number, method.tau)
        first, norm = float(method.tau[0]), float(method.gradient_norm()[0])
        objective.asked.clear()
        report(0.4, "Maximising the Hamiltonian, layer by layer.")
        method.advance(torch.ones(1, dtype=torch.bool))
        trials = [trial for trial, _ in objective.asked]
        tau = first * SHRINK ** np.arange(len(trials))
        layered = _judged(stand, shot, theta, trials)
    report(0.8, "Moving the probe batch.")
    cost = stand.cost(theta, shot)
    move = np.sqrt(stand.step * np.square(layered["trial_move"]).sum(axis=1))
    before, after = (_probe(run, control) for control in (theta, trials[-1]))
    return {
        "iteration": number,
        "cost": cost,
        "data_term": shot.data_term,
        "gradient_norm": norm,
        **layered,
        "tau": tau,
        "trial_cost": np.array([value for _, value in objective.asked]),
        "bound": cost - SUFFICIENT / tau * move**2,
        "move": move,
        "augmented": layered["trial_hamiltonian"] - np.square(layered["trial_move"]) / (2 * tau[:, None]),
        "accepted": not bool(method.stalled[0]),
        "inner_steps": spec.inner_steps,
        "sufficient": SUFFICIENT,
        "next_tau": float(method.tau[0]),
        **before,
        "states_after": after["states"],
        "costates_after": after["costates"],
        "dropped_after": after["dropped"],
        "note": " ".join(filter(None, (stand.note, _remark(run.spec)))),
    }


def _judged(stand: Stand, shot: Any, theta: Tensor, trials: Sequence[Tensor]) -> dict[str, Array]:
    """H_n at the start, and H_n and the moves at the trials, states and costates frozen at the start."""
    moves = [layer_squares(stand.arch, trial - theta).sqrt().numpy() for trial in trials]
    return {
        "hamiltonian": stand.values(theta, shot).numpy(),
        "trial_hamiltonian": np.stack([stand.values(trial, shot).numpy() for trial in trials]),
        "trial_move": np.stack(moves),
    }


def _control(run: Run, iteration: int | None) -> tuple[int, Tensor]:
    """The kept control nearest to an iteration, (P,) in double precision, and the iteration it is from."""
    if iteration is None:
        last = int(run.history["iteration"][-1]) if run.history else 0
        return last, run.model.control.vector.cpu().double()
    if isinstance(iteration, bool) or not isinstance(iteration, int) or iteration < 0:
        raise InputError("iteration", iteration, "a whole number from 0")
    if run.path is None:
        raise InputError("iteration", iteration, "none: this run kept no controls on the way")
    iterations, controls = run.path
    place = int(np.abs(np.asarray(iterations) - iteration).argmin())
    theta = torch.as_tensor(np.asarray(controls[place], dtype=np.float64))
    return int(iterations[place]), theta


def _paper(spec: RunSpec) -> RunSpec:
    """The spec of pmp with the paper's metric."""
    if spec.method == "pmp":
        return spec.but(metric="control")
    return spec.but(method="pmp", metric="control", batch_size=0, inner_steps=1, learning_rate=1.0)


def _remark(spec: RunSpec) -> str:
    """What to know of the iteration beside the run's own history."""
    if spec.method != "pmp" or spec.metric == "control":
        return ""
    return (
        "This run measured its steps by what they change of the field. The iteration here measures them by "
        "‖Δθ‖, as the paper does, so it is not the one of the run's history."
    )


def _first_tau(run: Run, iteration: int, first: Tensor) -> Tensor:
    """τ with which the training went on from there, or the first one of pmp."""
    if run.spec.method != "pmp" or run.spec.metric != "control" or iteration == 0 or not run.history:
        return first
    place = run.history["iteration"].index(iteration)
    return torch.full_like(first, GROW * run.history["step"][place])


def _probe(run: Run, theta: Tensor) -> dict[str, Any]:
    """What `costates` says of the probe batch at another control."""
    model = run.model.to("cpu", torch.float64).with_control(theta)
    other = Run(run.spec, model, {}, run.status, "", {}, run.probe)
    return costates(other)


# ---- the methods side by side


class _Counted:
    """An engine that counts gradients, each as the share of the particles that it saw."""

    def __init__(self, engine: Engine, particles: int) -> None:
        self.engine, self.particles, self.gradients = engine, particles, 0.0

    def squares(self, theta: Tensor, x: Tensor, y: Tensor) -> Tensor:
        """As Engine."""
        return self.engine.squares(theta, x, y)

    def squares_and_gradient(self, theta: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """As Engine."""
        self.gradients += x.shape[2] / self.particles
        return self.engine.squares_and_gradient(theta, x, y)


def race(run: Run, iterations: int = 200, report: Report | None = None) -> dict[str, Any]:
    """pmp, adam and lbfgs from the start of a run, with its particles, λ and architecture.

    A method that is not the run's own has its own defaults for the first step. Each ends where its training
    would: at the run's tolerance, where it finds no descent, or after the iterations. All take the scheme and
    the sub-steps of the trained network from the start, so that J means the same to each.

    Args:
        run: the run.
        iterations: most iterations j of each, 1 to 2000.
        report: progress.

    Returns:
        methods, list of M names; by method and iteration, (M, j + 1) with NaN after the end: cost, J;
        gradient_norm; evaluations, gradients of all particles until then (a batch counts as its share);
        seconds (cost and gradient only, one thread unless layers are large). ended, list of "converged",
        "stalled", "diverged" or "finished"; metric, that of pmp; note.

    Raises:
        InputError: the run diverged, or iterations is out of bounds.
    """
    if isinstance(iterations, bool) or not isinstance(iterations, int) or not 1 <= iterations <= 2000:
        raise InputError("iterations", iterations, "a whole number from 1 to 2000")
    report = report or silent
    report(0.0, "Loading the particles.")
    place = Place(run, DTYPES[run.spec.dtype])
    start, table = _start(run, place), np.full((4, len(METHODS), iterations + 1), np.nan)
    flops, ended = layer_flops(place.model.architecture, place.x.shape[2]), list[str]()
    for row, name in enumerate(METHODS):

        def part(share: float, name: str = name, row: int = row) -> None:
            report((row + share) / len(METHODS), f"Training with {name}.")

        with torch.no_grad(), threads_for(flops), flushed():
            ended.append(_run(place, start, _spec_of(run.spec, name, iterations), table[:, row], part))
    return {
        "methods": list(METHODS),
        "cost": table[0],
        "gradient_norm": table[1],
        "evaluations": table[2],
        "seconds": table[3],
        "ended": ended,
        "metric": run.spec.metric,
        "note": place.note,
    }


def _spec_of(spec: RunSpec, name: str, iterations: int) -> RunSpec:
    """The spec with another method, and what suits that."""
    if name == spec.method:
        return spec.but(iterations=iterations)
    return spec.but(method=name, iterations=iterations, learning_rate=FIRST_STEP[name], batch_size=0)


def _start(run: Run, place: Place) -> Tensor:
    """The control that the training began with, (1, P)."""
    if run.path is not None and int(run.path[0][0]) == 0:
        return torch.as_tensor(np.asarray(run.path[1][0])).to(place.x)[None]
    shape = place.model.architecture.shape
    return shape.initial(run.spec.seed, run.spec.init_scale, place.x.dtype, run.spec.init_outer)[None]


def _run(place: Place, start: Tensor, spec: RunSpec, into: Array, told: Any) -> str:
    """Trains, fills (4, j + 1) with cost, gradient norm, gradients and seconds, and says how it ended."""
    arch, weight = place.model.architecture, place.x.new_full((1,), spec.weight)
    objective = Objective(arch, place.x, place.y, weight)
    counted = _Counted(objective.engine, place.x.shape[2])
    objective.engine, running = counted, torch.ones(1, dtype=torch.bool)
    seconds, began = 0.0, time.perf_counter()
    method: Method = METHODS[spec.method](objective, start.clone(), [spec])
    for iteration in range(spec.iterations + 1):
        if iteration:
            began = time.perf_counter()
            method.advance(running)
        seconds += time.perf_counter() - began
        cost, norm = float(method.terms.cost[0]), float(method.gradient_norm()[0])
        if not np.isfinite([cost, norm]).all() or not finite(method.theta):
            return "diverged"
        into[:, iteration] = cost, norm, counted.gradients, seconds
        told(iteration / spec.iterations)
        if norm <= spec.tolerance:
            return "converged"
        if bool(method.stalled[0]):
            return "converged" if norm**2 <= NEGLIGIBLE * max(1.0, cost) else "stalled"
    return "finished"
