"""Problems with known answers, shared by all numeric tests."""

from collections.abc import Sequence

import numpy as np
import torch

from autoencode_core.data.coordinates import Coordinates
from autoencode_core.flow import fields, nonlinearities, schemes
from autoencode_core.flow.architecture import Architecture
from autoencode_core.flow.autoencode import AutoencODE, label_positions
from autoencode_core.flow.widths import kept_order
from autoencode_core.spec import RunSpec
from autoencode_core.training.selection import train

FIELDS = (*fields.FIELDS, "leaky")
ACTIVATIONS = (*nonlinearities.NONLINEARITIES, "arctan")
SMOOTH = tuple(name for name in ACTIVATIONS if name == "arctan" or nonlinearities.NONLINEARITIES[name].smooth)
SCHEMES = (*schemes.SCHEMES, "kutta")
"""All that is registered, and what the tests register themselves (own.py)."""
PROFILES = ("linear", "geometric", "step", (2, 2, 1))
TASKS = ("reconstruct", "denoise", "classify", "transport")
RESIDUAL = {"scheme": "euler", "substeps": 1, "fidelity": None}
"""Knobs of the residual network."""
WAYS = [(scheme, substeps) for scheme in SCHEMES for substeps in (1, 2, 3)]
"""Schemes and sub-steps."""


def cloud(width: int, particles: int = 40, seed: int = 0) -> np.ndarray:
    """A Gaussian cloud with unequal spreads and a shifted centre, (N, d)."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal((particles, width)) * np.linspace(1.0, 0.3, width) + 0.2


def model(spec: RunSpec, points: np.ndarray | None = None, scale: float | None = None) -> AutoencODE:
    """An untrained float64 model of a spec, its coordinates fitted to `points`."""
    points = cloud(spec.card().width) if points is None else points
    coordinates = Coordinates.fit(spec.coordinates, points)
    order = kept_order(spec.order, np.asarray(coordinates.to_flow(points)))
    shape = Architecture.of(spec, points.shape[1]).shape
    vector = shape.initial(spec.seed, spec.init_scale if scale is None else scale, torch.float64)
    # Biases start at 0; a test of a gradient wants them elsewhere.
    noise = torch.randn(vector.shape, generator=torch.Generator().manual_seed(7), dtype=torch.float64)
    return AutoencODE(spec, vector + 0.1 * noise, coordinates, order)


def small_spec(**knobs: object) -> RunSpec:
    """A moons spec with a bottleneck of one, six layers and float64; the residual network by default."""
    small = {"dataset": "moons", "bottleneck": 1, "depth": 6, "horizon": 2.0, "dtype": "float64"}
    return RunSpec(**{**small, **RESIDUAL, **knobs})


SIGMA = {
    "tanh": torch.tanh,
    "softplus": torch.nn.functional.softplus,
    "relu": torch.relu,
    "sin": torch.sin,
    "identity": lambda z: z,
    "arctan": torch.atan,
}
PLAIN = {
    "single_layer": lambda sigma, u, W, b: sigma(u @ W.T + b.T),
    "two_layer": lambda sigma, u, W, b, V: sigma(u @ W.T + b.T) @ V.T,
    "leaky": lambda sigma, u, W, b, g: g * (sigma(u @ W.T + b.T) - u),
}
"""The fields written down plainly, particle-major (N, a)."""
STEPS = {
    "euler": lambda F, u, h: u + h * F(u),
    "midpoint": lambda F, u, h: u + h * F(u + h / 2 * F(u)),
    "rk4": lambda F, u, h: (
        u
        + h
        / 6
        * ((k1 := F(u)) + 2 * (k2 := F(u + h / 2 * k1)) + 2 * (k3 := F(u + h / 2 * k2)) + F(u + h * k3))
    ),
    "kutta": lambda F, u, h: (
        u + h / 6 * ((k1 := F(u)) + 4 * (k2 := F(u + h / 2 * k1)) + F(u - h * k1 + 2 * h * k2))
    ),
}
"""One step of length h by each scheme, written down plainly."""


def plain_velocity(model: AutoencODE, parts: Sequence[torch.Tensor], u: torch.Tensor) -> torch.Tensor:
    """The field at active states (N, a) with one layer's blocks; by its definition if it is known here."""
    spec, field = model.spec, model.architecture.field
    if spec.field in PLAIN:
        return PLAIN[spec.field](SIGMA.get(spec.activation, field.sigma.value), u, *parts)
    return field.velocity(tuple(part[None] for part in parts), u.T[None])[0].T


def plain_layer(model: AutoencODE, n: int, vector: torch.Tensor, u: torch.Tensor) -> torch.Tensor:
    """States (N, d), flow coordinates and natural order, through layer n, written down plainly with masks."""
    arch = model.architecture
    start = sum(block.size for a in arch.counts[:n] for block in arch.field.blocks(a))
    parts, active = [], model.order[: arch.counts[n]].tolist()
    for block in arch.field.blocks(len(active)):
        parts.append(vector[start : start + block.size].reshape(block.rows, block.columns))
        start += block.size

    def F(u: torch.Tensor) -> torch.Tensor:
        full = torch.zeros_like(u)
        full[:, active] = plain_velocity(model, parts, u[:, active])
        return full

    for _ in range(arch.substeps):
        h = arch.horizon / arch.depth / arch.substeps
        u = (
            STEPS[arch.scheme.name](F, u, h)
            if arch.scheme.name in STEPS
            else arch.scheme.advance(lambda _, at: F(at), u, h)
        )
    return u


def projected(model: AutoencODE, u: torch.Tensor) -> torch.Tensor:
    """States (N, d) with all but A_* forgotten."""
    kept = torch.zeros(u.shape[1], dtype=u.dtype)
    kept[model.order[: model.architecture.bottleneck]] = 1
    return u * kept


def plain_layers(
    model: AutoencODE, u: torch.Tensor, vector: torch.Tensor, first: int = 0, last: int | None = None
) -> torch.Tensor:
    """States (N, d) through layers first, ..., last - 1, projected at the end of the encoder."""
    arch = model.architecture
    for n in range(first, arch.controlled if last is None else last):
        u = plain_layer(model, n, vector, u)
        if n == arch.depth // 2 - 1:
            u = projected(model, u)
    return u


def by_particle(model: AutoencODE, x: np.ndarray, vector: torch.Tensor) -> torch.Tensor:
    """The network written down plainly, particle-major and with masks: the definition, for comparison.

    Follows docs/theory.md, section 2 and shares no code with the engine; differentiable in `vector`.
    """
    return plain_layers(model, torch.as_tensor(np.asarray(model.coordinates.to_flow(x))), vector)


def problem(task: str, **knobs: object) -> tuple[AutoencODE, np.ndarray, np.ndarray]:
    """A small model, particles in data units, and targets of a task (classify: positions)."""
    data = {"dataset": "bimodal_2d", "coordinates": "raw"} if task == "transport" else {}
    node, x = model(small_spec(task=task, **data, **knobs)), cloud(2)
    if task == "classify":
        return node, x, label_positions(2, 1)[(x[:, 0] > 0).astype(int)]
    return node, x, {"reconstruct": x, "denoise": 0.9 * x - 0.1, "transport": 2 * np.sign(x)}[task]


def plain_data_term(node: AutoencODE, x: np.ndarray, y: np.ndarray, vector: torch.Tensor) -> torch.Tensor:
    """(1/N) Σ|X_L - y|² of the plain network, differentiable in `vector`."""
    out = by_particle(node, x, vector)
    if node.spec.task == "classify":
        target, out = torch.as_tensor(y), out[:, node.order[: node.architecture.bottleneck]]
    else:
        target = torch.as_tensor(np.asarray(node.coordinates.to_flow(y)))
    return (out - target).square().sum(1).mean()


def bimodal_best_constant(
    tikhonov: float, x: np.ndarray, y: np.ndarray, steps: int = 10
) -> tuple[float, float]:
    """Best J over constant θ = w (bias 0), F = tanh(w x), T = 1, by scanning (docs/theory.md, section 7)."""
    best = (np.inf, 0.0)
    for w in np.linspace(-5, 5, 4001):
        u = x.copy()
        for _ in range(steps):
            u = u + np.tanh(w * u) / steps
        best = min(best, (float(np.mean((u - y) ** 2) + tikhonov * w * w), float(w)))
    return best


def converged_bimodal(tikhonov: float = 0.1, **knobs):
    """A converged run of the bimodal transport, of the residual network by default."""
    end = {"dtype": "float64", "iterations": 400, "tolerance": 1e-9, **RESIDUAL}
    return train(RunSpec(dataset="bimodal", tikhonov=tikhonov, **{"particles": 200, **end, **knobs}))
