"""One iteration of pmp, phase by phase."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from autoencode_core.analysis.control.costates import costates
from autoencode_core.analysis.control.shooting import Shooting
from autoencode_core.analysis.run_particles import Array
from autoencode_core.errors import InputError
from autoencode_core.flow.architecture import Architecture
from autoencode_core.report import Report, silent
from autoencode_core.spec import RunSpec
from autoencode_core.training.hamiltonian import layer_squares
from autoencode_core.training.objective import Objective, Terms
from autoencode_core.training.pmp import GROW, SHRINK, SUFFICIENT, Pmp
from autoencode_core.training.run import Run


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


def iteration(run: Run, iteration: int | None = None, report: Report | None = None) -> dict[str, Any]:
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
        shooting = Shooting(run)
        held = shooting.shoot(theta)
        weight = shooting.x.new_full((1,), shooting.weight)
        objective = _Watched(shooting.arch, shooting.x, shooting.y, weight)
        method = Pmp(objective, theta[None], [spec])
        method.tau = _first_tau(run, number, method.tau)
        first, norm = float(method.tau[0]), float(method.gradient_norm()[0])
        objective.asked.clear()
        report(0.4, "Maximising the Hamiltonian, layer by layer.")
        method.advance(torch.ones(1, dtype=torch.bool))
        trials = [trial for trial, _ in objective.asked]
        tau = first * SHRINK ** np.arange(len(trials))
        layered = _judged(shooting, held, theta, trials)
    report(0.8, "Moving the probe batch.")
    cost = shooting.cost(theta, held)
    move = np.sqrt(shooting.step * np.square(layered["trial_move"]).sum(axis=1))
    before, after = (_probe(run, control) for control in (theta, trials[-1]))
    return {
        "iteration": number,
        "cost": cost,
        "data_term": held.data_term,
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
        "note": " ".join(filter(None, (shooting.note, _remark(run.spec)))),
    }


def _judged(shooting: Shooting, held: Any, theta: Tensor, trials: Sequence[Tensor]) -> dict[str, Array]:
    """H_n at the start, and H_n and the moves at the trials, states and costates frozen at the start."""
    moves = [layer_squares(shooting.arch, trial - theta).sqrt().numpy() for trial in trials]
    return {
        "hamiltonian": shooting.values(theta, held).numpy(),
        "trial_hamiltonian": np.stack([shooting.values(trial, held).numpy() for trial in trials]),
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
