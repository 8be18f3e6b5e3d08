"""How far a control is from maximising its Hamiltonians: nearby, anywhere, and along a training."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from autoencode_core.analysis.control.shooting import Shooting
from autoencode_core.analysis.regimes.spectrum import finite
from autoencode_core.errors import InputError
from autoencode_core.report import Report, silent
from autoencode_core.training.hamiltonian import Maxima, StatesAndCostates, layer_squares, maximise, shoot
from autoencode_core.training.nearby import maximise_nearby
from autoencode_core.training.run import Run

SHARE = 0.1
"""Radius of the ball in which R is local, as a share of the run's |θ|."""


def local_maximality(run: Run, share: float = SHARE, report: Report | None = None) -> dict[str, Any]:
    """The local residuals of maximality: max H_n(θ) - H_n(θ_n) >= 0 over |θ - θ_n| <= ρ; for any field.

    The radius is scale-free, ρ = share · sqrt(mean_n |θ_n|²), the same at all layers; states and costates
    are frozen. Ascents begin at several places of the ball (training/nearby.py), and each value found is
    attained, so R_n is a lower bound of the true one, and that one itself where H_n is concave in the ball.

    Args:
        run: the run.
        share: ρ as a share of the root mean square of |θ_n|, above 0 and at most 10.
        report: progress.

    Returns:
        As `maximality`, and radius, ρ.

    Raises:
        InputError: the run diverged, or share is out of bounds.

    Source:
        docs/theory.md, section 3.
    """
    share = _allowed(share)
    shooting, held = _at(run, report)
    radius = _radius(shooting, share)
    maxima = _nearby(shooting, shooting.theta, held, radius, report or silent)
    note = ""
    if not bool(maxima.sharp.all()):
        note = f"The ascent nearby ended at its limit in {int((~maxima.sharp).sum())} of the layers."
    return {**_residuals(shooting, held, maxima, note), "radius": radius}


def maximality(run: Run, report: Report | None = None) -> dict[str, Any]:
    """The residuals of maximality, R_n = max_θ H_n(θ) - H_n(θ_n) >= 0 over all θ, states and costates frozen.

    The maximum is looked for by ascents from several starts, unit by unit (training/hamiltonian.py). Each
    value found is attained, so R_n is a lower bound of the true one: R_n > 0 proves that θ_n is not maximal.
    A stationary control need not be: with steps of finite length even an optimal one may miss by O(δ).

    Args:
        run: the run; its field is a sum over hidden units.
        report: progress.

    Returns:
        One entry a controlled layer: times; residual, R_n, infinite where H_n has no upper bound;
        hamiltonian, H_n(θ_n); maximum; norm, |θ_n|; maximal_norm, that of the maximiser. total = δ Σ R_n;
        gap = total / J, what such changes would gain at first order on vanishing stretches of t, beside J
        (it may exceed 1 by far); cost J; note.

    Raises:
        InputError: the run diverged, or its field is no sum over hidden units.

    Source:
        docs/theory.md, section 3.
    """
    shooting, held = _at(run, report)
    maxima = _anywhere(shooting, shooting.theta, held, report or silent)
    return _residuals(shooting, held, maxima, _remark(maxima, shooting.weight))


def maximality_residual(run: Run) -> Tensor:
    """R_n over all θ of every controlled layer, (L,), from below; see `maximality`.

    Args:
        run: the run.

    Raises:
        InputError: the run diverged, or its field is no sum over hidden units.
    """
    return torch.as_tensor(maximality(run)["residual"])


def local_maximality_residual(run: Run, share: float = SHARE) -> Tensor:
    """R_n over |θ - θ_n| <= ρ of every controlled layer, (L,), from below; see `local_maximality`.

    Args:
        run: the run, of any field.
        share: ρ as a share of the root mean square of |θ_n|, above 0 and at most 10.

    Raises:
        InputError: the run diverged, or share is out of bounds.
    """
    return torch.as_tensor(local_maximality(run, share)["residual"])


def maximality_path(
    run: Run, points: int = 8, share: float = SHARE, report: Report | None = None
) -> dict[str, Any]:
    """Stationarity and maximality along the training of a run.

    Args:
        run: a run that kept its controls.
        points: at how many of them, 2 to 200; evenly spaced among those that were kept.
        share: as in `local_maximality`; ρ is that of the trained control at all of them.
        report: progress.

    Returns:
        iterations (c,); local_residual and residual (c, L), R_n over |θ - θ_n| <= ρ and over all θ;
        stationarity (c, L), |∇J_n|; local_total and total (c,) = δ Σ R_n; gradient_norm (c,) = ‖∇J‖; cost
        (c,), J; times (L,); radius, ρ; note. NaN where a control is not finite, and for residual where the
        field is no sum over hidden units.

    Raises:
        InputError: the run kept no controls, points or share is out of bounds, or the run diverged.
    """
    share = _allowed(share)
    if run.path is None:
        raise InputError(
            "run", "a run without its controls on the way", "one that kept them: train it by itself"
        )
    if not isinstance(points, int) or isinstance(points, bool) or not 2 <= points <= 200:
        raise InputError("points", points, "a whole number from 2 to 200")
    iterations, controls = run.path
    chosen = np.unique(np.rint(np.linspace(0, len(iterations) - 1, points)).astype(int))
    shooting, report, count = Shooting(run), report or silent, len(chosen)
    depth, radius, by_units = (
        shooting.arch.controlled,
        _radius(shooting, share),
        shooting.arch.field.units is not None,
    )
    near, far, slopes = np.full((3, count, depth), np.nan)
    cost = np.full(count, np.nan)
    for row, moment in enumerate(chosen):
        theta = torch.as_tensor(np.asarray(controls[moment], dtype=np.float64))

        def part(done: float | None, words: str, row: int = row) -> object:
            return report((row + (done or 0.0)) / count, f"Moment {row + 1} of {count}: {words}")

        part(0.0, "Sending the costates back.")
        with torch.no_grad():
            held = shoot(shooting.arch, theta, shooting.x, shooting.y)
            if not finite(held.gradient):
                continue
            slopes[row], cost[row] = shooting.slopes(theta, held).numpy(), shooting.cost(theta, held)
        near[row] = _nearby(shooting, theta, held, radius, part).gain.numpy()
        if by_units:
            far[row] = _anywhere(shooting, theta, held, part).gain.numpy()
            far[row] = np.maximum(near[row], far[row])
    return {
        "iterations": np.asarray(iterations)[chosen],
        "local_residual": near,
        "residual": far,
        "stationarity": slopes,
        "local_total": shooting.step * near.sum(axis=1),
        "total": shooting.step * far.sum(axis=1),
        "gradient_norm": np.sqrt(shooting.step * np.square(slopes).sum(axis=1)),
        "cost": cost,
        "times": shooting.step * np.arange(depth),
        "radius": radius,
        "note": shooting.note,
    }


def _allowed(share: float) -> float:
    number = isinstance(share, int | float) and not isinstance(share, bool)
    if not number or not 0 < share <= 10:
        raise InputError("share", share, "a number above 0 and at most 10")
    return float(share)


def _at(run: Run, report: Report | None) -> tuple[Shooting, StatesAndCostates]:
    """A run's particles, with states and costates at its control."""
    (report or silent)(0.0, "Sending particles and costates through the flow.")
    with torch.no_grad():
        shooting = Shooting(run)
        return shooting, shooting.shoot(shooting.theta)


def _radius(shooting: Shooting, share: float) -> float:
    return share * float(layer_squares(shooting.arch, shooting.theta).mean().sqrt())


def _nearby(
    shooting: Shooting, theta: Tensor, held: StatesAndCostates, radius: float, report: Report
) -> Maxima:
    with torch.no_grad():
        return maximise_nearby(shooting.arch, theta, held, shooting.weight, radius, report)


def _anywhere(shooting: Shooting, theta: Tensor, held: StatesAndCostates, report: Report) -> Maxima:
    with torch.no_grad():
        return maximise(shooting.arch, theta, held, shooting.weight, report)


def _residuals(shooting: Shooting, held: StatesAndCostates, maxima: Maxima, note: str) -> dict[str, Any]:
    """Residuals of the run's control as plain arrays."""
    theta = shooting.theta
    with torch.no_grad():
        values, squares = shooting.values(theta, held), layer_squares(shooting.arch, theta)
    cost, total = shooting.cost(theta, held), shooting.step * float(maxima.gain.sum())
    return {
        "times": shooting.step * np.arange(len(values)),
        "residual": maxima.gain.numpy(),
        "hamiltonian": values.numpy(),
        "maximum": (values + maxima.gain).numpy(),
        "norm": squares.sqrt().numpy(),
        "maximal_norm": maxima.square.sqrt().numpy(),
        "total": total,
        "gap": total / cost if cost > 0 else float("nan"),
        "cost": cost,
        "note": " ".join(filter(None, (shooting.note, note))),
    }


def _remark(maxima: Maxima, weight: float) -> str:
    """What to know of the maxima."""
    if bool(maxima.gain.isinf().any()):
        layers = int(maxima.gain.isinf().sum())
        why = "Without a penalty (λ = 0)" if weight == 0 else "With so small a λ"
        return f"{why} the Hamiltonian of this field has no upper bound in {layers} of the layers."
    if weight == 0:
        return "With λ = 0 the Hamiltonian may have no maximiser: its supremum is approached as θ grows."
    if not bool(maxima.sharp.all()):
        layers = int((~maxima.sharp).sum())
        return f"The ascent ended at its limit in {layers} of the layers: R there may be larger than shown."
    return ""
