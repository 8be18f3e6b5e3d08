"""Convexity: the smallest eigenvalue ν of the data term's Hessian in L²(0,T), and what follows from it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from autoencode_core.analysis.regimes.spectrum import COUNT, ModelOnParticles, finite
from autoencode_core.analysis.run_particles import Array
from autoencode_core.errors import InputError
from autoencode_core.report import Report, silent
from autoencode_core.training.run import Run

VISIBLE = 0.1
"""A flat direction is followed until outputs move by that share of the size of the data."""


def smallest_curvature(run: Run, report: Report | None = None) -> float:
    """ν, the smallest eigenvalue of the data term's Hessian in L²(0,T) at the run's control.

    Args:
        run: the run.
        report: progress.

    Raises:
        InputError: the run diverged.
    """
    return float(curvature(run, 1, report)["nu"])


def curvature(run: Run, count: int = COUNT, report: Report | None = None) -> dict[str, Any]:
    """The ends of the spectrum of the data term's Hessian in L²(0,T), and whether J is locally convex.

    Hess J = Hess(data term) + 2λ Id: J is strongly convex near the control exactly if 2λ + ν > 0. That is
    said of the run's L layers (`curvature_depths` tells of more), and of a minimiser only where the control
    is stationary; with relu it is said of one smooth piece of J. Up to 512 parameters the whole spectrum is
    computed. Beyond, Lanczos finds its ends, and then:

    - Each of `values` is at least the eigenvalue of its rank. So 2λ + nu < 0 proves that J is not convex
      there.
    - `bound` proves that some eigenvalue lies within bound of the value. It does not prove that this is the
      smallest one: Lanczos may have missed what is smaller.
    - `floor` is what 2λ must outweigh to be sure of convexity: with probability 0.999 over the random start
      no eigenvalue is smaller.
    - An eigenvalue that occurs several times may be listed once.

    Lanczos ends when nu and floor are near each other, where products are heavy also once the sign of 2λ + ν
    is certain and nu has settled to about 5 %; or at a limit, and then `note` says so.

    All of this holds to rounding: of double precision, or where products are heavy of single precision, in
    which Lanczos then steps; values and bounds are made from its vectors by products in double precision.

    Args:
        run: the run.
        count: how many of the smallest eigenvalues are wanted, 1 to 32.
        report: progress, told of every product.

    Returns:
        values (c,) ascending, c = count or as many as there are; vectors (c, P), directions of norm 1 in
        L²(0,T); bound (c,), the norms of H v - ν v; largest, largest_values (2,) descending, largest_vectors
        (2, P), largest_bound (2,); nu, the first value; floor; lambda_conv = max(0, -nu/2); convexity =
        2λ + nu at the run's λ; gradient_norm, that of J; remaining, the share of J that its slope
        leaves to fall; stationary, whether that is at most 0.001; data_term; cost, J; spectrum (P,) or empty;
        products; exact, whether the whole Hessian was formed; note.

    Raises:
        InputError: the run diverged (also with a finite control: its numbers mean nothing), or count is out
            of bounds.

    Source:
        docs/theory.md, section 5; training/lanczos.py for `floor`, `remaining` of analysis/spectrum.py.
    """
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= 32:
        raise InputError("count", count, "a whole number from 1 to 32")
    report = report or silent
    report(0.0, "Loading the particles.")
    place = ModelOnParticles(run)
    return place.ends(place.model.control.vector, count, report)


def curvatures(runs: Sequence[Run], report: Report | None = None) -> dict[str, Any]:
    """ν of several runs, NaN where a run diverged.

    Args:
        runs: m runs.
        report: progress, told of every product.

    Returns:
        nu (m,); bound (m,) and floor (m,) as in `curvature`.
    """
    nu, bound, floor = (np.full(len(runs), np.nan) for _ in range(3))
    for place, run in enumerate(runs):
        part = _part(report or silent, place, len(runs), "run")
        if run.status == "diverged" or not finite(run.model.control.vector):
            continue  # what `curvature` refuses
        found = curvature(run, 1, part)
        nu[place], bound[place], floor[place] = found["nu"], found["bound"][0], found["floor"]
    return {"nu": nu, "bound": bound, "floor": floor}


def curvature_path(run: Run, points: int = 12, report: Report | None = None) -> dict[str, Any]:
    """ν along the training of a run.

    Args:
        run: a run that kept its controls.
        points: at how many of them, 2 to 200; evenly spaced among those that were kept.
        report: progress, told of every product.

    Returns:
        iterations (c,); nu (c,), bound (c,) and floor (c,) as in `curvature`; data_term (c,); cost (c,), J;
        note. NaN where a control is not finite.

    Raises:
        InputError: the run kept no controls, or points is out of bounds.
    """
    if run.path is None:
        raise InputError(
            "run", "a run without its controls on the way", "one that kept them: train it by itself"
        )
    if not isinstance(points, int) or not 2 <= points <= 200:
        raise InputError("points", points, "a whole number from 2 to 200")
    iterations, controls = run.path
    chosen = np.unique(np.rint(np.linspace(0, len(iterations) - 1, points)).astype(int))
    place, report = ModelOnParticles(run), report or silent
    found = {name: np.full(len(chosen), np.nan) for name in ("nu", "bound", "floor", "data_term", "cost")}
    for row, moment in enumerate(chosen):
        vector = torch.as_tensor(np.asarray(controls[moment], dtype=np.float64))
        if not finite(vector):
            continue
        ends = place.ends(vector, 1, _part(report, row, len(chosen), "moment"))
        for name, values in found.items():
            values[row] = ends["bound"][0] if name == "bound" else ends[name]
    return {"iterations": np.asarray(iterations)[chosen], **found, "note": place.hessian_note}


def flat_direction(
    run: Run,
    vector: ArrayLike,
    amplitude: float | None = None,
    steps: int = 21,
    report: Report | None = None,
) -> dict[str, Any]:
    """What the flow becomes when the control moves along a direction, θ* + s v with ‖v‖ = 1 in L²(0,T).

    Args:
        run: the run.
        vector: the direction v, (P,); its length does not count.
        amplitude: largest |s|, in units of ‖θ‖. By default the least of a geometric sequence at which the
            outputs of the probe batch move by a tenth of the data's size (root mean square), at most
            ‖θ*‖ or √T, whichever is more.
        steps: values m of s, odd so that s = 0 is one of them, 3 to 201.
        report: progress.

    Returns:
        amounts (m,) = s; outputs (m, n, d) of the probe batch in data units (classify: its codes); codes
        (m, n, k); moved (m,), root mean square of how far outputs moved in flow coordinates; data_term (m,)
        on the training particles; square (m,) = ‖θ* + s v‖²; cost (m,) = J at the run's λ; note.

    Raises:
        InputError: an argument cannot be used, or the run diverged.
    """
    place, report = ModelOnParticles(run), report or silent
    direction = place.direction(vector, "vector")
    if not isinstance(steps, int) or not 3 <= steps <= 201 or steps % 2 == 0:
        raise InputError("steps", steps, "an odd whole number from 3 to 201")
    if amplitude is not None and not 0 < amplitude < np.inf:
        raise InputError("amplitude", amplitude, "a number above 0")
    theta = place.model.control.vector
    if amplitude is None:
        report(0.0, "Looking for an amplitude that shows.")
        amplitude = _visible(place, direction)
    amounts = np.linspace(-amplitude, amplitude, steps)
    controls = theta + torch.as_tensor(amounts)[:, None] * direction
    outputs, codes = place.passed(controls)
    terms = list[Tensor]()
    for row in range(steps):
        report(row / steps, "Moving the particles.")
        terms.append(place.objective.cost(controls[row : row + 1]).data_term)
    square = place.step * controls.square().sum(1).numpy()
    data_term = torch.cat(terms).numpy()
    return {
        "amounts": amounts,
        "outputs": outputs.astype(np.float32),
        "codes": codes.astype(np.float32),
        "moved": _apart(outputs, outputs[steps // 2], place.scale),
        "data_term": data_term,
        "square": square,
        "cost": data_term + run.spec.weight * square,
        "note": place.note,
    }


def _visible(place: ModelOnParticles, direction: Tensor) -> float:
    """The default amplitude of `flat_direction`."""
    theta = place.model.control.vector
    largest = max(place.model.control.norm(), place.model.architecture.horizon**0.5)
    outputs = place.passed(theta[None])[0][0]
    data = np.asarray(place.run.probe["targets"], dtype=float)
    size = float(max(_apart(each[None], each.mean(axis=0), place.scale)[0] for each in (outputs, data)))
    for amplitude in largest * 2.0 ** np.arange(-10, 0.5, 0.5):
        pair = torch.stack([theta - amplitude * direction, theta + amplitude * direction])
        if _apart(place.passed(pair)[0], outputs, place.scale).max() >= VISIBLE * size:
            return float(amplitude)
    return float(largest)


def _apart(outputs: Array, reference: Array, scale: Array) -> Array:
    """Root mean squared distances (m,) of clouds (m, n, d) to one (n, d), in units (d,) of the components."""
    return np.asarray(np.sqrt(np.square((outputs - reference) / scale).sum(axis=2).mean(axis=1)))


def _part(report: Report, place: int, count: int, what: str) -> Report:
    """A report for one of several computations."""

    def told(share: float | None, words: str) -> object:
        whole = None if share is None else (place + share) / count
        return report(whole, f"{what.capitalize()} {place + 1} of {count}: {words}")

    return told
