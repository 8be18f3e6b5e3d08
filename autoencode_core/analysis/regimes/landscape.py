"""Landscape: the data term on lines and planes of controls; the penalty λ‖θ‖² is left to be added."""

from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from autoencode_core.analysis.regimes.convexity import curvature
from autoencode_core.analysis.regimes.spectrum import ModelOnParticles
from autoencode_core.analysis.run_particles import Array
from autoencode_core.errors import InputError
from autoencode_core.report import Report, silent
from autoencode_core.training.device import step_flops
from autoencode_core.training.run import DTYPES, Run

Kind = Literal["steepest", "flattest", "minimisers"]

MOST = 201
"""Most points of a line, and of a plane along each axis."""
BATCH_FLOPS = 1e9
"""About how much is computed between two reports."""
BESIDE = 0.25
"""A plane through three minimisers reaches so far beyond them, as a share of their extent."""
SAME = 1e-6
"""Controls nearer than that share of their norm are one, and triangles flatter than that a line."""


def line(
    run: Run, other: ArrayLike, points: int = 81, beyond: float = 0.25, report: Report | None = None
) -> dict[str, Any]:
    """The data term on the line from a run's control θ* to another one, θ(s) = (1 - s) θ* + s θ_other.

    Args:
        run: the run.
        other: another control of the same architecture, (P,).
        points: values p of s, 3 to 201; s = 0 and s = 1 are two of them, and both sides beyond get their
            share if there are 4 or more.
        beyond: how far s goes beyond 0 and 1, 0 to 5.
        report: progress.

    Returns:
        s (p,) from -beyond to 1 + beyond, evenly in each of the three parts; data_term (p,) on the run's
        training particles, not finite where particles run away; square (p,) = ‖θ(s)‖²; distance =
        ‖θ_other - θ*‖; note. J = data_term + λ square.

    Raises:
        InputError: an argument cannot be used, the other control is the same, or the run diverged.

    Source:
        I. Goodfellow, O. Vinyals, A. Saxe, Qualitatively characterizing neural network optimization
        problems, arXiv 1412.6544.
    """
    _checked(points)
    if not 0 <= beyond <= 5:
        raise InputError("beyond", beyond, "a number from 0 to 5")
    place = _place(run)
    origin = _vector(run)
    way = place.control(other, "other") - origin
    distance = _length(place, way)
    if distance <= SAME * max(_length(place, origin), 1.0):
        raise InputError("other", "the run's own control", "another control")
    s = _along(points, beyond)
    return {
        "s": s,
        "data_term": _data_terms(place, origin, way[None], s[:, None], report or silent),
        "square": _squares(place, origin, way[None], s[:, None]),
        "distance": distance,
        "note": place.note,
    }


def _along(points: int, beyond: float) -> Array:
    """The values of s on a line, 0 and 1 exactly among them."""
    steps = points - 1
    side = min(max(1, round(steps * beyond / (1 + 2 * beyond))), (steps - 1) // 2) if beyond else 0
    inside = np.linspace(0, 1, points - 2 * side)
    apart = beyond * np.arange(side, 0, -1) / max(1, side)
    return np.concatenate([-apart, inside, 1 + apart[::-1]])


def plane(
    run: Run,
    kind: Kind = "steepest",
    others: ArrayLike | None = None,
    points: int = 41,
    span: float | None = None,
    axes: ArrayLike | None = None,
    values: ArrayLike | None = None,
    report: Report | None = None,
) -> dict[str, Any]:
    """The data term on a plane through a run's control θ*, in orthonormal axes of L²(0,T).

    Args:
        run: the run.
        kind: what spans the plane: eigenvectors of the data term's Hessian, "steepest" of the two largest and
            "flattest" of the two smallest eigenvalues, or "minimisers", two other controls.
        others: those controls, (2, P), for "minimisers" alone.
        points: points p along each axis, odd so that θ* is one of them where it is in the middle, 3 to 201.
        span: half the width of the picture about θ*, in units of ‖θ‖. By default for eigenvectors as far as
            the data term rises along neither by more than the variance of the targets, at most ‖θ*‖ or √T,
            whichever is more; for "minimisers" all three with a quarter of their extent beside.
        axes: the eigenvectors, (2, P), where they are known, as `largest_vectors` or the first two `vectors`
            of `curvature`; they are made orthonormal in L²(0,T), the first keeps its direction. Without them
            they are computed, which takes longer than all the rest.
        values: their eigenvalues (2,), where axes are given.
        report: progress.

    Returns:
        a (p,) and b (p,), distances from θ* along the axes; axes (2, P), of norm 1; data_term (p, p), b along
        the first axis, not finite where particles run away; square (p, p) = ‖θ‖²; marks (m, 2), the places
        of θ* and the minimisers, marks_data_term and marks_square (m,) at them, exactly; path (c, 2), the
        controls of the training projected, and path_off (c,), how far off the plane they are (both empty for
        a run that kept none); zero (2,) and zero_off, the same for θ = 0, and zero_data_term at θ = 0
        itself; values (2,), eigenvalues along the axes (empty where not known); note.
        J = data_term + λ square.

    Raises:
        InputError: an argument cannot be used, the controls lie on one line, or the run diverged.

    Source:
        H. Li et al., Visualizing the loss landscape of neural nets, arXiv 1712.09913; in place of random
        directions eigenvectors, and no filter normalisation: distances are those of L²(0,T).
    """
    _check_plane(kind, others, points, span, axes, values)
    place, report = _place(run), report or silent
    marks, began = np.zeros((1, 2)), 0.0
    if others is not None:
        (along, marks), known = _triangle(place, _vector(run), others), np.empty(0)
    elif axes is not None:
        along, known = _given(place, axes, values)
    else:
        began = 0.5
        along, known = _eigen_axes(run, kind, lambda share, words: report(_half(share), words))
    if span is None and others is not None:
        a, b = _around(marks, points)
    else:
        reach = _span(place, _vector(run), along, known) if span is None else span
        a = b = np.linspace(-reach, reach, points)
    grid = np.stack(np.meshgrid(a, b), axis=-1).reshape(-1, 2)
    at = np.concatenate([grid, marks])
    terms = _data_terms(place, _vector(run), along, at, _rest(report, began))
    squares = _squares(place, _vector(run), along, at)
    return {
        "a": a,
        "b": b,
        "axes": along.numpy(),
        "data_term": terms[: len(grid)].reshape(points, points),
        "square": squares[: len(grid)].reshape(points, points),
        "marks": marks,
        "marks_data_term": terms[len(grid) :],
        "marks_square": squares[len(grid) :],
        **_beside(place, run, along),
        "values": known,
        "note": place.note,
    }


def _beside(place: ModelOnParticles, run: Run, axes: Tensor) -> dict[str, Any]:
    """The training path and θ = 0, projected onto a plane."""
    path = np.empty((0, len(axes[0]))) if run.path is None else np.asarray(run.path[1], dtype=float)
    path_at, path_off = _projected(place, run, axes, path)
    zero, zero_off = _projected(place, run, axes, np.zeros((1, len(axes[0]))))
    nowhere = torch.zeros_like(_vector(run))
    return {
        "path": path_at,
        "path_off": path_off,
        "zero": zero[0],
        "zero_off": float(zero_off[0]),
        "zero_data_term": float(_data_terms(place, nowhere, axes, np.zeros((1, 2)), silent)[0]),
    }


def _checked(points: int) -> None:
    if not isinstance(points, int) or not 3 <= points <= MOST:
        raise InputError("points", points, f"a whole number from 3 to {MOST}")


def _check_plane(
    kind: Kind,
    others: ArrayLike | None,
    points: int,
    span: float | None,
    axes: ArrayLike | None,
    values: ArrayLike | None,
) -> None:
    _checked(points)
    if kind not in ("steepest", "flattest", "minimisers"):
        raise InputError("kind", kind, "steepest, flattest or minimisers")
    if points % 2 == 0:
        raise InputError("points", points, f"an odd whole number from 3 to {MOST}")
    if span is not None and not 0 < span < np.inf:
        raise InputError("span", span, "a number above 0")
    if (kind == "minimisers") != (others is not None):
        raise InputError("others", "given" if others is not None else None, "given for minimisers alone")
    if axes is not None and kind == "minimisers":
        raise InputError("axes", "given", "given for steepest or flattest alone")
    if values is not None and axes is None:
        raise InputError("values", "given", "given with axes alone")


def _place(run: Run) -> ModelOnParticles:
    """In the run's own precision, in which the compiled sweep works."""
    return ModelOnParticles(run, DTYPES[run.spec.dtype])


def _vector(run: Run) -> Tensor:
    return run.model.control.vector.cpu().double()


def _length(place: ModelOnParticles, vector: Tensor) -> float:
    return float((place.step * vector.square().sum()).sqrt())


def _half(share: float | None) -> float | None:
    return None if share is None else share / 2


def _rest(report: Report, began: float) -> Report:
    """A report for the part of the work from `began` on."""
    return lambda share, words: report(None if share is None else began + (1 - began) * share, words)


def _eigen_axes(run: Run, kind: Kind, report: Report) -> tuple[Tensor, Array]:
    """Two eigenvectors (2, P) of norm 1 and their eigenvalues (2,)."""
    if kind == "steepest":
        values, vectors = ModelOnParticles(run).steepest(_vector(run), report)
    else:
        found = curvature(run, 2, report)
        values, vectors = np.asarray(found["values"]), np.asarray(found["vectors"])
    if len(values) < 2:
        raise InputError("kind", kind, "minimisers: the Hessian has no two such eigenvectors to be found")
    return torch.as_tensor(vectors.copy()), values


def _given(place: ModelOnParticles, axes: ArrayLike, values: ArrayLike | None) -> tuple[Tensor, Array]:
    """Axes (2, P) that were given, made orthonormal, and their values (2,) or none."""
    rows = list(np.asarray(axes))
    if len(rows) != 2:
        raise InputError("axes", f"{len(rows)} directions", "two directions")
    first, second = (place.direction(row, "axes") for row in rows)
    rest = second - place.step * float(torch.dot(first, second)) * first
    if _length(place, rest) <= SAME:
        raise InputError("axes", "directions on one line", "two that span a plane")
    try:
        known = np.empty(0) if values is None else np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        known = np.full(2, np.nan)
    if values is not None and (known.shape != (2,) or not np.isfinite(known).all()):
        raise InputError("values", values, "two finite numbers")
    return torch.stack([first, rest / _length(place, rest)]), known


def _triangle(place: ModelOnParticles, origin: Tensor, others: ArrayLike) -> tuple[Tensor, Array]:
    """Axes (2, P) of the plane through three controls, and their places (3, 2) in it."""
    rows = list(np.asarray(others))
    if len(rows) != 2:
        raise InputError("others", f"{len(rows)} controls", "two controls")
    first, second = (place.control(row, "others") - origin for row in rows)
    reach = max(_length(place, first), _length(place, second), 1e-300)
    across = first / max(_length(place, first), 1e-300)
    along = place.step * float(torch.dot(across, second))
    rest = second - along * across
    if _length(place, first) <= SAME * reach or _length(place, rest) <= SAME * reach:
        raise InputError("others", "controls on one line with the run's", "three that span a plane")
    up = rest / _length(place, rest)
    return torch.stack([across, up]), np.array(
        [[0.0, 0.0], [_length(place, first), 0.0], [along, _length(place, rest)]]
    )


def _around(marks: Array, points: int) -> tuple[Array, Array]:
    """Grid lines a (p,) and b (p,) that take in the marks (m, 2)."""
    low, high = marks.min(axis=0), marks.max(axis=0)
    beside = BESIDE * float((high - low).max())
    a, b = np.linspace(low - beside, high + beside, points).T
    return a, b


def _span(place: ModelOnParticles, origin: Tensor, axes: Tensor, values: Array) -> float:
    """The default half width of a plane of eigenvectors."""
    spread = float(place.y.double().var(dim=2, correction=0).sum())
    span = max(_length(place, origin), place.model.architecture.horizon**0.5)
    steepest = float(np.abs(values).max(initial=0.0))
    if steepest * span**2 > 8 * spread:  # in the second order this is twice as far as it will come out
        span = float(np.sqrt(8 * spread / steepest))
    ends = np.array([[0, 0], [1, 0], [-1, 0], [0, 1], [0, -1]])
    for _ in range(60):
        terms = _data_terms(place, origin, axes, span * ends, silent)
        if bool((terms <= terms[0] + spread).all()):
            break
        span /= np.sqrt(2)
    return float(span)


def _data_terms(place: ModelOnParticles, origin: Tensor, axes: Tensor, at: Array, report: Report) -> Array:
    """The data term (q,) at θ* + at · axes, for places (q, c), in batches."""
    objective, arch = place.objective, place.model.architecture
    flops = step_flops(arch, objective.particles) / 3
    together = max(1, int(BATCH_FLOPS / flops))
    terms = np.empty(len(at))
    for first in range(0, len(at), together):
        report(first / len(at), "Evaluating the data term.")
        steps = torch.as_tensor(at[first : first + together])
        controls = (origin + steps @ axes).to(place.x)
        with torch.no_grad():
            terms[first : first + together] = objective.cost(controls).data_term.double().numpy()
    return terms


def _squares(place: ModelOnParticles, origin: Tensor, axes: Tensor, at: Array) -> Array:
    """‖θ* + at · axes‖² (q,), exactly."""
    gram = place.step * (axes @ axes.T).numpy()
    beside = place.step * (axes @ origin).numpy()
    square = place.step * float(origin.square().sum())
    return np.asarray(square + 2 * at @ beside + np.einsum("qc,cd,qd->q", at, gram, at))


def _projected(place: ModelOnParticles, run: Run, axes: Tensor, controls: Array) -> tuple[Array, Array]:
    """Places (c, 2) of controls (c, P) in the plane, and their distances (c,) from it."""
    away = controls - _vector(run).numpy()
    at = place.step * away @ axes.numpy().T
    off = away - at @ axes.numpy()
    return at, np.sqrt(place.step * np.square(off).sum(axis=1))
