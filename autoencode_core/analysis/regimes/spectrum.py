"""The ends of the spectrum of the data term's Hessian, at any control of a run's architecture."""

from collections.abc import Callable
from typing import TypedDict

import numpy as np
import torch
from torch import Tensor

from autoencode_core.analysis.run_particles import Array
from autoencode_core.analysis.run_problem import RunProblem, finite
from autoencode_core.errors import InputError
from autoencode_core.questions import regimes
from autoencode_core.questions.arrays import Floats
from autoencode_core.report import Report
from autoencode_core.training.curvature import Curvature, product_flops
from autoencode_core.training.lanczos import Lanczos
from autoencode_core.words import measured

COUNT = 4
"""How many of the smallest eigenvalues are sought if nothing else is said."""
DENSE = 512
"""Most parameters for which the whole Hessian is formed and diagonalised."""
TOGETHER = 64
"""Columns of it that are computed together."""
MOST_PRODUCTS = 300
"""Most steps of Lanczos."""
MOST_FLOPS = 3.4e11
"""Flops after which Lanczos ends in any case, but not before FEWEST_PRODUCTS."""
FEWEST_PRODUCTS = 60
MOST_BYTES = 2**28
"""Bytes that the basis of Lanczos may take."""
HEAVY = 5e8
"""Flops of a product from which Lanczos steps in single precision."""
CLOSE, NEAR = 0.01, 0.05
"""Lanczos ends when ν is known to that share of itself or of 2λ, whichever is more; NEAR where products are
heavy."""
BESIDE = 0.25
"""Heavy ones also end once 2λ + ν has a certain sign, ν moved by less than NEAR since the last look, and its
residual is below that share."""
CHECKED = 10
"""Products between two looks at that."""
SHARP = 1e-4
"""The largest eigenvalues are known once their residuals are below that share of the largest."""
STILL = 1e-3
"""A control counts as stationary where `remaining` is at most that."""
MOST_LAYERS = 800
"""Most layers of a flow that is cut finer: each costs time, however few its components."""


def affordable(problem: RunProblem) -> bool:
    """Whether the fewest products that tell ν keep within MOST_FLOPS, MOST_BYTES and MOST_LAYERS."""
    size = problem.arch.shape.size
    light = FEWEST_PRODUCTS * _flops(problem) <= MOST_FLOPS and 8 * FEWEST_PRODUCTS * size <= MOST_BYTES
    return problem.arch.depth <= MOST_LAYERS and (light or size <= DENSE)


def hessian_at(problem: RunProblem, vector: Tensor) -> Curvature:
    """The Hessian at a control (P,), in its precision.

    Raises:
        InputError: the gradient is not finite there.
    """
    found = Curvature(problem.arch, vector, problem.x, problem.y)
    if not finite(found.gradient):
        raise InputError("run", "a gradient that is not finite", "a run that did not diverge")
    return found


def ends(problem: RunProblem, vector: Tensor, count: int, report: Report) -> regimes.Curvature:
    """What `curvature` gives back, at any control (P,)."""
    weight = problem.run.spec.weight
    with torch.no_grad():
        exactly = hessian_at(problem, vector)
        if len(vector) <= DENSE:
            found = _dense(exactly, count, report)
        else:
            found = _lanczos(problem, exactly, count, 2 * weight, report)
    nu, scale = float(found["values"][0]), problem.step**-0.5
    convexity, cost = 2 * weight + nu, exactly.data_term + weight * problem.step * float(vector @ vector)
    slope = float((problem.step * (exactly.gradient + 2 * weight * vector).square().sum()).sqrt())
    rest = remaining(slope, convexity, 2 * weight, cost)
    return {
        **found,
        "note": " ".join(filter(None, (problem.hessian_note, found["note"]))),
        "vectors": scale * found["vectors"],
        "largest_vectors": scale * found["largest_vectors"],
        "largest": float(found["largest_values"][0]),
        "nu": nu,
        "lambda_conv": max(0.0, -nu / 2),
        "convexity": convexity,
        "gradient_norm": slope,
        "remaining": rest,
        "stationary": rest <= STILL,
        "data_term": exactly.data_term,
        "cost": cost,
    }


def steepest(problem: RunProblem, vector: Tensor, report: Report) -> tuple[Array, Array]:
    """The two largest eigenvalues (2,), descending, and their vectors (2, P) of norm 1, at a control."""
    with torch.no_grad():
        exactly = hessian_at(problem, vector)
        if len(vector) <= DENSE:
            found = _dense(exactly, 1, report)
            values, vectors = found["largest_values"], found["largest_vectors"]
        else:
            space, _, _ = _space(problem, exactly, 2, 5, _sharp, report)
            report(1.0, "Checking in double precision.")
            values, vectors, _ = (
                part[::-1] for part in _refined(exactly, space.vectors(space.ritz()[1][:, -2:]))
            )
    return values.copy(), problem.step**-0.5 * vectors


class _Ends(TypedDict):
    """Entries of what `curvature` gives back; vectors have norm 1 as they are, not in L²(0,T)."""

    values: Floats
    vectors: Floats
    bound: Floats
    largest_values: Floats
    largest_vectors: Floats
    largest_bound: Floats
    floor: float
    spectrum: Floats
    products: int
    exact: bool
    note: str


def _dense(exactly: Curvature, count: int, report: Report) -> _Ends:
    """The whole spectrum, from products with the unit vectors."""
    size = len(exactly.theta)
    unit = torch.eye(size, dtype=torch.float64)
    columns = list[Tensor]()
    for first in range(0, size, TOGETHER):
        report(first / size, f"Product {first} of {size}.")
        columns.append(exactly.product(unit[first : first + TOGETHER]))
    matrix = torch.cat(columns).numpy()
    matrix = (matrix + matrix.T) / 2
    values, vectors = np.linalg.eigh(matrix)
    count, top = min(count, size), min(2, size)
    rounding = size * np.finfo(float).eps * float(np.abs(values).max())
    chosen = [*range(count), *range(size - 1, size - 1 - top, -1)]
    rest = np.linalg.norm(matrix @ vectors[:, chosen] - values[chosen] * vectors[:, chosen], axis=0)
    low, high = _signed(vectors[:, :count].T), _signed(vectors[:, chosen[count:]].T)
    return {
        "values": values[:count],
        "vectors": low,
        "bound": rest[:count],
        "largest_values": values[chosen[count:]],
        "largest_vectors": high,
        "largest_bound": rest[count:],
        "floor": float(values[0]) - rounding,
        "spectrum": values,
        "products": size,
        "exact": True,
        "note": "",
    }


def _space(
    problem: RunProblem,
    exactly: Curvature,
    fewest: int,
    every: int,
    enough: Callable[[Lanczos], bool],
    report: Report,
) -> tuple[Lanczos, Curvature, bool]:
    """Lanczos until `enough`, asked after so many products each time, or as far as the limits allow.

    Returns:
        the space; the operator in the precision of its steps; whether it was enough.
    """
    arch, size, flops = problem.arch, len(exactly.theta), _flops(problem)
    stepping, dtype = exactly, torch.float64
    if flops > HEAVY:
        dtype = torch.float32
        stepping = Curvature(arch, exactly.theta.to(dtype), problem.x.to(dtype), problem.y.to(dtype))
    room = MOST_BYTES // (size * dtype.itemsize)
    most = max(min(MOST_PRODUCTS, max(FEWEST_PRODUCTS, int(MOST_FLOPS / flops)), room, size), fewest)
    space = Lanczos(stepping.product, size, most, dtype)
    while not space.done and space.steps < most:
        report(space.steps / most, f"Product {space.steps + 1} of at most {most}.")
        space.step()
        if space.steps % every == 0 and space.steps > fewest and enough(space):
            return space, stepping, True
    return space, stepping, space.done


def _lanczos(problem: RunProblem, exactly: Curvature, count: int, shift: float, report: Report) -> _Ends:
    """The ends of the spectrum; ν as well as `_Known` wants it, or as far as the limits allow."""
    known = _Known(shift, _flops(problem) > HEAVY)
    space, stepping, enough = _space(problem, exactly, count + 2, CHECKED, known, report)
    values, weights, _ = space.ritz()
    low, high = min(count, len(values)), min(2, len(values))
    chosen = weights[:, [*range(low), *range(len(values) - high, len(values))]]
    report(1.0, "Checking in double precision.")
    bottom = _refined(exactly, space.vectors(chosen[:, :low]))
    top = _refined(exactly, space.vectors(chosen[:, low:]))
    # Stepping in single precision has another operator: by so much its products differ from the exact ones.
    rounding = _rounding(exactly, stepping, bottom[1]) if stepping is not exactly else 0.0
    nu, floor = float(bottom[0][0]), min(space.floor(values), float(bottom[0][0])) - rounding
    return {
        "values": bottom[0],
        "vectors": bottom[1],
        "bound": bottom[2],
        "largest_values": top[0][::-1].copy(),
        "largest_vectors": top[1][::-1].copy(),
        "largest_bound": top[2][::-1].copy(),
        "floor": floor,
        "spectrum": np.empty(0),
        "products": space.steps + low + high,
        "exact": False,
        "note": "" if enough else _wide(space.steps, floor, nu),
    }


class _Known:
    """Whether Lanczos knows ν well enough: see CLOSE, NEAR and BESIDE.

    Args:
        shift: 2λ.
        heavy: whether products are heavy.
    """

    def __init__(self, shift: float, heavy: bool) -> None:
        self.shift, self.heavy, self.before = shift, heavy, np.inf

    def __call__(self, space: Lanczos) -> bool:
        values, _, rest = space.ritz()
        nu, floor, before = float(values[0]), space.floor(values), self.before
        self.before, size = nu, max(abs(nu), self.shift)
        if nu - floor <= (NEAR if self.heavy else CLOSE) * size:
            return True
        certain = self.shift + nu < 0 or self.shift + floor > 0
        settled = before - nu <= NEAR * size and rest[0] <= BESIDE * size
        return self.heavy and certain and settled


def _sharp(space: Lanczos) -> bool:
    """Whether Lanczos knows the two largest eigenvalues and their vectors."""
    values, _, rest = space.ritz()
    return bool(rest[-2:].max() <= SHARP * abs(values[-1]))


def _wide(products: int, floor: float, nu: float) -> str:
    """What to know when Lanczos had to end before ν was known well."""
    return (
        f"Lanczos ended at its limit of {products} products: the smallest curvature may lie anywhere "
        f"between {measured(floor)} and {measured(nu)}."
    )


def _flops(problem: RunProblem) -> float:
    return product_flops(problem.arch, problem.x.shape[2])


def _refined(exactly: Curvature, vectors: Tensor) -> tuple[Array, Array, Array]:
    """Ritz values (c,) ascending, vectors (c, P) and residual norms (c,) in the span of vectors (c, P)."""
    basis = torch.linalg.qr(vectors.double().T).Q.T.contiguous()
    products = exactly.product(basis)
    inner = (products @ basis.T).numpy()
    values, turn = np.linalg.eigh((inner + inner.T) / 2)
    found, moved = turn.T @ basis.numpy(), turn.T @ products.numpy()
    return values, _signed(found), np.linalg.norm(moved - values[:, None] * found, axis=1)


def _rounding(exactly: Curvature, stepping: Curvature, vectors: Array) -> float:
    """How far products in the precision of stepping are from exact ones, on one of some unit vectors."""
    one = torch.as_tensor(vectors[:1])
    apart = exactly.product(one) - stepping.product(one.to(stepping.theta)).double()
    return float(apart.norm())


def _signed(vectors: Array) -> Array:
    """Rows (c, P) with the sign that makes their largest entry positive."""
    largest = np.abs(vectors).argmax(axis=1)
    return np.asarray(vectors * np.sign(vectors[range(len(vectors)), largest])[:, None])


def remaining(gradient_norm: float, convexity: float, shift: float, cost: float) -> float:
    """What the slope of J leaves to fall at a control, as a share of J: ‖∇J‖²/(2c) over J.

    c is 2λ + ν where that is above 0: if J is so strongly convex all the way to its minimiser, that lies no
    deeper. Elsewhere c is the lesser of |2λ + ν| and of 2λ, which bends J where the data term is flat. No
    unit of the data, of time or of J changes the share.

    Args:
        gradient_norm: ‖∇J‖ in L²(0,T).
        convexity: 2λ + ν.
        shift: 2λ.
        cost: J.

    Returns:
        The share, 0 where the gradient is 0.

    Source:
        docs/theory.md, section 5; the inequality of Polyak and Łojasiewicz, as in Y. Nesterov, Lectures on
        Convex Optimization (2018), section 2.1.3.
    """
    bent = convexity if convexity > 0 else min(abs(convexity), shift)
    with np.errstate(divide="ignore"):
        return float(np.divide(gradient_norm**2, 2 * bent * cost)) if gradient_norm else 0.0
