"""How far a control is from maximising its Hamiltonians: nearby, anywhere, and along a training."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from autoencode_core.analysis.maximum_principle import Stand
from autoencode_core.analysis.particles import Report, silent
from autoencode_core.analysis.spectrum import finite
from autoencode_core.errors import InputError
from autoencode_core.training.hamiltonian import Maxima, Shot, layer_squares, maximise, shoot
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
        theory.md section 3.
    """
    share = _allowed(share)
    stand, shot = _at(run, report)
    radius = _radius(stand, share)
    maxima = _nearby(stand, stand.theta, shot, radius, report or silent)
    note = ""
    if not bool(maxima.sharp.all()):
        note = f"The ascent nearby ended at its limit in {int((~maxima.sharp).sum())} of the layers."
    return {**_residuals(stand, shot, maxima, note), "radius": radius}


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
        theory.md section 3.
    """
    stand, shot = _at(run, report)
    maxima = _anywhere(stand, stand.theta, shot, report or silent)
    return _residuals(stand, shot, maxima, _remark(maxima, stand.weight))


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
    stand, report, count = Stand(run), report or silent, len(chosen)
    depth, radius, by_units = stand.arch.controlled, _radius(stand, share), stand.arch.field.units is not None
    near, far, slopes = np.full((3, count, depth), np.nan)
    cost = np.full(count, np.nan)
    for row, moment in enumerate(chosen):
        theta = torch.as_tensor(np.asarray(controls[moment], dtype=np.float64))

        def part(done: float | None, words: str, row: int = row) -> object:
            return report((row + (done or 0.0)) / count, f"Moment {row + 1} of {count}: {words}")

        part(0.0, "Sending the costates back.")
        with torch.no_grad():
            shot = shoot(stand.arch, theta, stand.x, stand.y)
            if not finite(shot.gradient):
                continue
            slopes[row], cost[row] = stand.slopes(theta, shot).numpy(), stand.cost(theta, shot)
        near[row] = _nearby(stand, theta, shot, radius, part).gain.numpy()
        if by_units:
            far[row] = _anywhere(stand, theta, shot, part).gain.numpy()
            far[row] = np.maximum(near[row], far[row])
    return {
        "iterations": np.asarray(iterations)[chosen],
        "local_residual": near,
        "residual": far,
        "stationarity": slopes,
        "local_total": stand.step * near.sum(axis=1),
        "total": stand.step * far.sum(axis=1),
        "gradient_norm": np.sqrt(stand.step * np.square(slopes).sum(axis=1)),
        "cost": cost,
        "times": stand.step * np.arange(depth),
        "radius": radius,
        "note": stand.note,
    }


def _allowed(share: float) -> float:
    number = isinstance(share, int | float) and not isinstance(share, bool)
    if not number or not 0 < share <= 10:
        raise InputError("share", share, "a number above 0 and at most 10")
    return float(share)


def _at(run: Run, report: Report | None) -> tuple[Stand, Shot]:
    """A run's particles, with states and costates at its control."""
    (report or silent)(0.0, "Sending particles and costates through the flow.")
    with torch.no_grad():
        stand = Stand(run)
        return stand, stand.shoot(stand.theta)


def _radius(stand: Stand, share: float) -> float:
    return share * float(layer_squares(stand.arch, stand.theta).mean().sqrt())


def _nearby(stand: Stand, theta: Tensor, shot: Shot, radius: float, report: Report) -> Maxima:
    with torch.no_grad():
        return maximise_nearby(stand.arch, theta, shot, stand.weight, radius, report)


def _anywhere(stand: Stand, theta: Tensor, shot: Shot, report: Report) -> Maxima:
    with torch.no_grad():
        return maximise(stand.arch, theta, shot, stand.weight, report)


def _residuals(stand: Stand, shot: Shot, maxima: Maxima, note: str) -> dict[str, Any]:
    """Residuals of the run's control as plain arrays."""
    theta = stand.theta
    with torch.no_grad():
        values, squares = stand.values(theta, shot), layer_squares(stand.arch, theta)
    cost, total = stand.cost(theta, shot), stand.step * float(maxima.gain.sum())
    return {
        "times": stand.step * np.arange(len(values)),
        "residual": maxima.gain.numpy(),
        "hamiltonian": values.numpy(),
        "maximum": (values + maxima.gain).numpy(),
        "norm": squares.sqrt().numpy(),
        "maximal_norm": maxima.square.sqrt().numpy(),
        "total": total,
        "gap": total / cost if cost > 0 else float("nan"),
        "cost": cost,
        "note": " ".join(filter(None, (stand.note, note))),
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
