"""One gradient step of the same network by other means, each as its expert would write it.

All take the network in component-major arrays (a, N): on one core plain torch was as fast there as with
particles as rows or faster, diffrax and JAX up to twice as fast. A peer's library is imported when the
peer is built.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import count, groupby
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import pad

Array = NDArray[Any]
Block = tuple[Any, ...]
"""One layer's control: W (h, a), b (h, 1) and, in the two-layer field, V (a, h)."""


class Tableau(NamedTuple):
    """An explicit Runge-Kutta scheme, X_s = x + h Σ a_sj F(X_j) and x⁺ = x + h Σ b_s F(X_s).

    Attributes:
        a: row s has s entries.
        b: weights.
    """

    a: tuple[tuple[float, ...], ...]
    b: tuple[float, ...]


TABLEAUS = {
    "euler": Tableau(((),), (1.0,)),
    "midpoint": Tableau(((), (0.5,)), (0.0, 1.0)),
    "rk4": Tableau(((), (0.5,), (0.0, 0.5), (0.0, 0.0, 1.0)), (1 / 6, 1 / 3, 1 / 3, 1 / 6)),
}
"""The schemes by name; written out here, so that what is checked is not what it is checked by."""
THREE_EIGHTHS = Tableau(((), (1 / 3,), (-1 / 3, 1.0), (1.0, -1.0, 1.0)), (1 / 8, 3 / 8, 3 / 8, 1 / 8))
"""What torchdiffeq calls rk4."""


@dataclass(frozen=True)
class Network:
    """What is differentiated: J = (1/N) Σ|X_L - x|² + λ δ Σ|θ_n|², σ = tanh, an explicit scheme.

    Attributes:
        layers: float32 controls of all layers.
        x: particles, which are their own targets, (d, N).
        horizon: T.
        tikhonov: λ.
        scheme: name of the scheme.
        substeps: steps of a layer; only `autograd` takes more than one.
    """

    layers: tuple[Block, ...]
    x: Array
    horizon: float
    tikhonov: float
    scheme: str = "euler"
    substeps: int = 1

    @property
    def tableau(self) -> Tableau:
        """The scheme."""
        return TABLEAUS[self.scheme]

    @property
    def step(self) -> float:
        """Layer length δ."""
        return self.horizon / len(self.layers)

    @cached_property
    def counts(self) -> list[int]:
        """Active components a_n."""
        return [layer[0].shape[1] for layer in self.layers]

    @cached_property
    def segments(self) -> list[tuple[int, int]]:
        """The first layer and the number of layers of every stretch of constant width."""
        lengths = [len(list(same)) for _, same in groupby(self.counts)]
        starts = np.cumsum([0, *lengths]).tolist()
        return list(zip(starts, lengths, strict=False))

    @cached_property
    def flat(self) -> Array:
        """All controls as one vector: what an optimiser would hold."""
        return np.concatenate([part.ravel() for layer in self.layers for part in layer])

    def split(self, vector: Any) -> list[list[Any]]:
        """Any vector like `flat`, of NumPy or JAX, cut into the layers' blocks."""
        blocks: list[list[Any]] = []
        at = 0
        for layer in self.layers:
            blocks.append([])
            for part in layer:
                blocks[-1].append(vector[at : at + part.size].reshape(part.shape))
                at += part.size
        return blocks


@dataclass(frozen=True)
class Peer:
    """A way to J and its gradient.

    Attributes:
        name: with what it was made.
        step: one step, which returns when the numbers are there.
        read: from what a step returned, J and the gradient in L²(0,T) in the layers' blocks.
        tableau: the scheme that it takes, where that is not the network's.
    """

    name: str
    step: Callable[[], Any]
    read: Callable[[Any], tuple[float, list[list[Array]]]]
    tableau: Tableau | None = None


def autograd(network: Network, dtype: torch.dtype = torch.float32, tableau: Tableau | None = None) -> Peer:
    """The residual network on its active blocks in plain torch."""
    theta, layers = _leaf(network, dtype)
    x, h = torch.as_tensor(network.x, dtype=dtype), network.step / network.substeps
    a, b = tableau or network.tableau

    def moved(state: Tensor, weights: tuple[float, ...], speeds: list[Tensor]) -> Tensor:
        for weight, speed in zip(weights, speeds, strict=True):
            state = torch.add(state, speed, alpha=h * weight) if weight else state
        return state

    def step() -> tuple[Tensor, Tensor]:
        state = x
        for layer in layers():
            state = _resize(state, layer[0].shape[1])
            for _ in range(network.substeps):
                speeds: list[Tensor] = []
                for row in a:
                    speeds.append(_field(layer, moved(state, row, speeds)))
                state = moved(state, b, speeds)
        return _differentiate(network, theta, state - x)

    return Peer("torch autograd", step, lambda out: _read_torch(network, out))


def torchdiffeq(network: Network) -> Peer:
    """`odeint` by the method of the scheme's name, one call for every stretch of constant width.

    Its rk4 is the 3/8 rule, which has as many stages as the classical one.
    """
    from torchdiffeq import odeint

    theta, layers = _leaf(network, torch.float32)
    x, δ = torch.as_tensor(network.x), network.step
    grids = [torch.arange(start, start + length + 1) * δ for start, length in network.segments]
    # Given the grid, odeint keeps the two ends only: writing every state into its table costs more.
    settings = [{"grid_constructor": lambda _f, _y, _t, grid=grid: grid} for grid in grids]
    stages = len(network.tableau.b)

    def step() -> tuple[Tensor, Tensor]:
        controls, state, calls = layers(), x, count()

        def field(_t: Tensor, state: Tensor) -> Tensor:
            # Counted, since a layer's last stage and the next one's first are at the same time.
            return _field(controls[next(calls) // stages], state)

        for (start, _), grid, options in zip(network.segments, grids, settings, strict=True):
            state = _resize(state, network.counts[start])
            state = odeint(field, state, grid[[0, -1]], method=network.scheme, options=options)[1]
        return _differentiate(network, theta, state - x)

    own = THREE_EIGHTHS if network.scheme == "rk4" else None
    return Peer("torchdiffeq", step, lambda out: _read_torch(network, out), own)


def _leaf(network: Network, dtype: torch.dtype) -> tuple[Tensor, Callable[[], list[Any]]]:
    """The controls as one leaf, and how to cut it: one leaf was up to 3 times as fast as one a block."""
    theta = torch.as_tensor(network.flat, dtype=dtype).requires_grad_()
    shapes = [part.shape for layer in network.layers for part in layer]
    sizes, parts = [rows * columns for rows, columns in shapes], len(network.layers[0])

    def layers() -> list[Any]:
        blocks = [p.view(s) for p, s in zip(theta.split_with_sizes(sizes), shapes, strict=True)]
        return [blocks[i : i + parts] for i in range(0, len(blocks), parts)]

    return theta, layers


def _field(layer: Any, state: Tensor) -> Tensor:
    y = torch.tanh(torch.addmm(layer[1], layer[0], state))
    return layer[2] @ y if len(layer) == 3 else y


def _resize(state: Tensor, count: int) -> Tensor:
    have = state.shape[0]
    return state[:count] if have >= count else pad(state, (0, 0, 0, count - have))


def _differentiate(network: Network, theta: Tensor, miss: Tensor) -> tuple[Tensor, Tensor]:
    penalty = network.tikhonov * network.step * theta.dot(theta)
    cost = miss.square().sum() / miss.shape[1] + penalty
    return cost.detach(), torch.autograd.grad(cost, theta)[0]


def _read_torch(network: Network, out: tuple[Tensor, Tensor]) -> tuple[float, list[list[Array]]]:
    return float(out[0]), network.split(out[1].numpy() / network.step)


def diffrax(network: Network) -> Peer:
    """`diffeqsolve` with the same tableau, one for every stretch of constant width.

    With the masked network in two calls (encoder, decoder) S took the same time, M and L two to three
    times as long. Of the adjoints, which all give the exact discrete gradient here, the fastest mix:
    diffrax's default alone took 2.7 (S), 1.4 (M) and 1.3 (L) times as long.
    """
    import diffrax
    import jax
    import jax.numpy as jnp

    λ, δ = network.tikhonov, network.step
    x, solver = jnp.asarray(network.x), _diffrax_solver(network.tableau)

    def field(_t: Any, state: Any, args: Any) -> Any:
        controls, n = args
        layer = [part[n] for part in controls]
        y = jnp.tanh(layer[0] @ state + layer[1])
        return δ * (layer[2] @ y if len(layer) == 3 else y)

    def flow(controls: Any, state: Any, length: int) -> Any:
        keep_all = diffrax.RecursiveCheckpointAdjoint(checkpoints=length)
        solution = diffrax.diffeqsolve(
            diffrax.ODETerm(field),
            solver,
            t0=0.0,
            t1=length,
            dt0=1.0,
            y0=state,
            args=(controls, 0),
            stepsize_controller=diffrax.ConstantStepSize(),
            saveat=diffrax.SaveAt(t1=True),
            adjoint=keep_all if length > 1 else diffrax.DirectAdjoint(),
            max_steps=length,
            throw=False,
        )
        return solution.ys[0]

    def cost(theta: Any) -> Any:
        state = x
        for controls, (start, length) in zip(theta, network.segments, strict=True):
            state = flow(controls, _resize_jax(state, network.counts[start]), length)
        penalty = sum((part * part).sum() for controls in theta for part in controls)
        return ((state - x) ** 2).sum() / x.shape[1] + λ * δ * penalty

    stacks = [zip(*network.layers[n : n + length], strict=True) for n, length in network.segments]
    theta = [[jnp.asarray(np.stack(parts)) for parts in stack] for stack in stacks]
    compiled = jax.jit(jax.value_and_grad(cost))

    def read(out: Any) -> tuple[float, list[list[Array]]]:
        per_layer = [list(map(np.asarray, layer)) for c in out[1] for layer in zip(*c, strict=True)]
        return float(out[0]), [[part / δ for part in layer] for layer in per_layer]

    return Peer("diffrax", lambda: jax.block_until_ready(compiled(theta)), read)


def _diffrax_solver(tableau: Tableau) -> Any:
    """A solver whose stages all have the layer in which their step starts; t counts layers."""
    import diffrax
    import jax.numpy as jnp

    if tableau == TABLEAUS["euler"]:
        kind: Any = diffrax.Euler
    else:
        butcher = diffrax.ButcherTableau(
            a_lower=tuple(np.array(row) for row in tableau.a[1:]),
            b_sol=np.array(tableau.b),
            b_error=np.zeros(len(tableau.b)),
            c=np.array([sum(row) for row in tableau.a[1:]]),
        )
        between = diffrax.ThirdOrderHermitePolynomialInterpolation.from_k
        kind = type("Own", (diffrax.AbstractERK,), {"tableau": butcher, "interpolation_cls": between})

    class ByLayer(kind):  # type: ignore[misc]
        def step(self, terms: Any, t0: Any, t1: Any, y0: Any, args: Any, *rest: Any) -> Any:
            return super().step(terms, t0, t1, y0, (args[0], jnp.round(t0).astype(int)), *rest)

    return ByLayer()


def handwritten_jax(network: Network) -> Peer:
    """A jitted adjoint written by hand: active blocks, unrolled layers, one vector in and one out.

    One vector took half the time of one array a block on S, and the same on M and L.
    """
    import jax
    import jax.numpy as jnp

    λ, δ, depth = network.tikhonov, network.step, len(network.layers)
    a, b = network.tableau

    def total(weights: Any, terms: Any) -> Any:
        return sum(weight * term for weight, term in zip(weights, terms, strict=True) if weight)

    def sweep(theta: Any, x: Any) -> tuple[Any, Any]:
        layers, state, kept = network.split(theta), x, []
        for layer in layers:
            state = _resize_jax(state, layer[0].shape[1])
            points: list[Any] = []
            speeds: list[Any] = []
            for row in a:
                at = state + δ * total(row, speeds)
                y = jnp.tanh(layer[0] @ at + layer[1])
                points.append((at, y))
                speeds.append(layer[2] @ y if len(layer) == 3 else y)
            kept.append(points)
            state = state + δ * total(b, speeds)
        miss = state - x
        cost = (miss * miss).sum() / x.shape[1] + λ * δ * theta.dot(theta)
        costate, gradient = 2 / x.shape[1] * miss, [jnp.zeros(0)] * depth
        for n in reversed(range(depth)):
            layer, parts, later = layers[n], [], []
            costate = _resize_jax(costate, layer[0].shape[1])
            for s in reversed(range(len(b))):
                at, y = kept[n][s]
                weights = [b[s], *(a[j][s] for j in reversed(range(s + 1, len(b))))]
                v = total(weights, [costate, *later])
                q = (layer[2].T @ v if len(layer) == 3 else v) * (1 - y * y)
                parts.append([q @ at.T, q.sum(1), *([v @ y.T] if len(layer) == 3 else [])])
                later.append(δ * (layer[0].T @ q))
            gradient[n] = jnp.concatenate([sum(same).ravel() for same in zip(*parts, strict=True)])
            costate = costate + sum(later)
        return cost, jnp.concatenate(gradient) + 2 * λ * theta

    compiled, theta, x = jax.jit(sweep), jnp.asarray(network.flat), jnp.asarray(network.x)

    def read(out: Any) -> tuple[float, list[list[Array]]]:
        return float(out[0]), network.split(np.asarray(out[1]))

    return Peer("hand-written JAX", lambda: jax.block_until_ready(compiled(theta, x)), read)


def _resize_jax(state: Any, count: int) -> Any:
    import jax.numpy as jnp

    have = state.shape[0]
    return state[:count] if have >= count else jnp.pad(state, ((0, count - have), (0, 0)))


PEERS: dict[str, Callable[[Network], Peer]] = {
    "jax": handwritten_jax,
    "torchdiffeq": torchdiffeq,
    "diffrax": diffrax,
    "torch": autograd,
}
"""Every peer by the package that it needs."""
