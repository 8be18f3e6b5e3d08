"""The ends of the spectrum of the data term's Hessian, at any control of a run's architecture."""

from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from autoencode_core.analysis.particles import Array, Report, training_particles
from autoencode_core.errors import InputError
from autoencode_core.flow.architecture import resize
from autoencode_core.training.curvature import Curvature, product_flops
from autoencode_core.training.lanczos import Lanczos
from autoencode_core.training.objective import Objective
from autoencode_core.training.run import Run

DENSE = 512
"""Most parameters for which the whole Hessian is formed and diagonalised."""
TOGETHER = 64
"""Columns of it that are computed together."""
MOST_PRODUCTS = 300
"""Most steps of Lanczos."""
MOST_FLOPS = 5.5e11
"""Flops after which Lanczos ends in any case, but not before FEWEST_PRODUCTS."""
FEWEST_PRODUCTS = 60
MOST_BYTES = 2**28
"""Bytes that the basis of Lanczos may take."""
HEAVY = 5e8
"""Flops of a product from which Lanczos steps in single precision."""
CLOSE = 0.01
"""Lanczos ends when ν is known to that share of itself or of 2λ, whichever is more."""
CHECKED = 10
"""Products between two looks at that."""


class Place:
    """A run's model with the particles that it was trained on.

    Args:
        run: the run.
        dtype: precision of all computing; `ends` wants double.

    Attributes:
        model: the model.
        x, y: states at t = 0 (1, d, N) and targets (1, a, N), engine layout.
        step: δ.
        note: what a person must know of the particles.

    Raises:
        InputError: the run diverged.
    """

    def __init__(self, run: Run, dtype: torch.dtype = torch.float64) -> None:
        if not finite(run.model.control.vector):
            raise InputError("run", "a control that is not finite", "a run that did not diverge")
        self.run, self.model = run, run.model.to("cpu", dtype)
        particles = training_particles(run)
        self.note, self.step = particles.note, self.model.architecture.step
        self.x = self.model.to_engine(particles.inputs)
        if run.spec.task == "classify":
            self.y = torch.as_tensor(particles.targets.T.copy())[None].to(self.x)
        else:
            same = particles.targets is particles.inputs
            self.y = self.x if same else self.model.to_engine(particles.targets)

    @property
    def objective(self) -> Objective:
        """The data term on these particles, without penalty."""
        return Objective(self.model.architecture, self.x, self.y, self.x.new_zeros(1))

    def direction(self, vector: ArrayLike, name: str) -> Tensor:
        """A direction (P,) of norm 1 in L²(0,T).

        Raises:
            InputError: it is no such vector, or 0.
        """
        direction = self.control(vector, name)
        length = float((self.step * direction.double().square().sum()).sqrt())
        if not length:
            raise InputError(name, "zero", "a direction")
        return direction / length

    def control(self, vector: ArrayLike, name: str) -> Tensor:
        """A control (P,) in double precision.

        Raises:
            InputError: it has another shape, or is not finite.
        """
        try:
            values = torch.as_tensor(np.array(vector, dtype=np.float64))
        except (TypeError, ValueError):
            values = torch.empty(0)
        size = len(self.model.control)
        if values.shape != (size,) or not finite(values):
            raise InputError(name, f"shape {tuple(values.shape)}", f"{size} finite numbers")
        return values

    def ends(self, vector: Tensor, count: int, report: Report) -> dict[str, Any]:
        """What `curvature` gives back, at any control (P,)."""
        arch = self.model.architecture
        with torch.no_grad():
            exactly = Curvature(arch, vector, self.x, self.y)
            if not finite(exactly.gradient):
                raise InputError("run", "a gradient that is not finite", "a run that did not diverge")
            weight = self.run.spec.tikhonov
            if len(vector) <= DENSE:
                found = _dense(exactly, count, report)
            else:
                found = _lanczos(self, exactly, count, 2 * weight, report)
        nu, scale = float(found["values"][0]), self.step**-0.5
        gradient = (self.step * (exactly.gradient + 2 * weight * vector).square().sum()).sqrt()
        return {
            **found,
            "vectors": scale * found["vectors"],
            "largest_vectors": scale * found["largest_vectors"],
            "largest": float(found["largest_values"][0]),
            "nu": nu,
            "lambda_conv": max(0.0, -nu / 2),
            "convexity": 2 * weight + nu,
            "gradient_norm": float(gradient),
            "data_term": exactly.data_term,
        }

    def passed(self, controls: Tensor) -> tuple[Array, Array]:
        """Outputs (m, n, d) and codes (m, n, k) of the probe batch at controls (m, P)."""
        model, classify = self.model, self.run.spec.task == "classify"
        arch, half = model.architecture, model.architecture.depth // 2
        layers = arch.shape.layers(controls)
        x = model.to_engine(self.run.probe["inputs"]).expand(len(controls), -1, -1)
        code = resize(arch.outcome(layers[:half], x), arch.bottleneck)
        codes = code.transpose(1, 2).numpy()
        if classify:
            return codes, codes
        ends = arch.outcome(layers[half:], code)
        return np.stack([model.from_engine(end[None]).numpy() for end in ends]), codes


def _dense(exactly: Curvature, count: int, report: Report) -> dict[str, Any]:
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
    }


def _lanczos(place: Place, exactly: Curvature, count: int, shift: float, report: Report) -> dict[str, Any]:
    """The ends of the spectrum; ν to CLOSE of itself or of `shift`, or as far as the limits allow."""
    arch, size, particles = place.model.architecture, len(exactly.theta), place.x.shape[2]
    flops = product_flops(arch, particles)
    stepping, dtype = exactly, torch.float64
    if flops > HEAVY:
        dtype = torch.float32
        stepping = Curvature(arch, exactly.theta.to(dtype), place.x.to(dtype), place.y.to(dtype))
    room = MOST_BYTES // (size * dtype.itemsize)
    most = max(min(MOST_PRODUCTS, max(FEWEST_PRODUCTS, int(MOST_FLOPS / flops)), room, size), count + 2)
    space = Lanczos(stepping.product, size, most, dtype)
    while not space.done and space.steps < most:
        report(space.steps / most, f"Product {space.steps + 1} of at most {most}.")
        space.step()
        if space.steps % CHECKED == 0 and space.steps > count + 2:
            values = space.ritz()[0]
            if values[0] - space.floor(values) <= CLOSE * max(abs(values[0]), shift):
                break
    values, weights, _ = space.ritz()
    low, high = min(count, len(values)), min(2, len(values))
    chosen = weights[:, [*range(low), *range(len(values) - high, len(values))]]
    report(1.0, "Checking in double precision.")
    bottom = _refined(exactly, space.vectors(chosen[:, :low]))
    top = _refined(exactly, space.vectors(chosen[:, low:]))
    # Stepping in single precision has another operator: by so much its products differ from the exact ones.
    rounding = _rounding(exactly, stepping, bottom[1]) if stepping is not exactly else 0.0
    return {
        "values": bottom[0],
        "vectors": bottom[1],
        "bound": bottom[2],
        "largest_values": top[0][::-1].copy(),
        "largest_vectors": top[1][::-1].copy(),
        "largest_bound": top[2][::-1].copy(),
        "floor": min(space.floor(values), float(bottom[0][0])) - rounding,
        "spectrum": np.empty(0),
        "products": space.steps + low + high,
        "exact": False,
    }


def _refined(exactly: Curvature, vectors: Tensor) -> tuple[Array, Array, Array]:
    """Ritz values (c,) ascending, vectors (c, P) and residual norms (c,) in the span of vectors (c, P)."""
    basis = torch.linalg.qr(vectors.double().T).Q.T.contiguous()
    products = torch.cat([exactly.product(row[None]) for row in basis])
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


def finite(values: Tensor) -> bool:
    """Whether all are finite numbers."""
    return bool(values.isfinite().all())
