"""AutoencODE: a trained (or initial) width-varying flow, from data units to data units."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from autoencode_core.data.coordinates import BLOCK, Coordinates
from autoencode_core.errors import InputError
from autoencode_core.flow.architecture import Architecture, resize
from autoencode_core.flow.control import Control
from autoencode_core.flow.schemes import scheme
from autoencode_core.spec import RunSpec

Points = Tensor | ArrayLike


@dataclass(frozen=True)
class Flow:
    """Trajectories of particles.

    Attributes:
        times: (S,) in [0, T] (classify: [0, T/2]).
        states: (S, N, d) in flow coordinates; at T/2 the state after the projection.
        active: (S, d) bool, the active set of the layer in which that time lies (at the start of a layer
            that layer's; the last row repeats the last layer's).
        dropped: (N, d), the state at T/2 just before the projection forgets the inactive components.
        middle: place of T/2 among the times (of classify the last one).
        layers: number of layers L, of classify those of its encoder twice.
    """

    times: Tensor
    states: Tensor
    active: Tensor
    dropped: Tensor
    middle: int
    layers: int

    def __repr__(self) -> str:
        steps, particles, width = self.states.shape
        return f"Flow of {particles} particles in {width} components at {steps} times"

    def _repr_html_(self) -> str:
        # By name: exports lie above.
        shown: str = import_module("autoencode_core.export.notebook").flow_html(self)
        return shown


class AutoencODE:
    """A width-varying flow with its control and its coordinates (section 2 of the paper).

    Args:
        spec: the spec it belongs to.
        vector: flat control, (P,); its dtype and device are those of all computing.
        coordinates: the map between data units and flow coordinates.
        order: permutation of the flow components, the one kept longest first, (d,).
        substeps: sub-steps r of a layer; those of the spec by default. Training that keeps to the ODE may
            have raised them (RunSpec.fidelity).
    """

    def __init__(
        self,
        spec: RunSpec,
        vector: Tensor,
        coordinates: Coordinates,
        order: ArrayLike,
        substeps: int | None = None,
    ) -> None:
        self.spec = spec
        self.architecture = Architecture.of(spec, len(np.asarray(order)), substeps)
        self.control = Control(vector, self.architecture.shape, self.architecture.step)
        self.coordinates = coordinates
        self.order = torch.as_tensor(np.asarray(order), dtype=torch.long, device=vector.device)
        # In float64 whatever the run's precision: data far from 0 would lose their digits before centring.
        center, scale, axes = (torch.as_tensor(np.array(a, dtype=np.float64)) for a in coordinates.arrays())
        self._coordinates = Coordinates(coordinates.kind, center, scale, axes)

    # -- between data units (N, d) and the engine's component-major (1, d, N) --

    def to_engine(self, x: Points) -> Tensor:
        """Data units (N, d) to engine layout (1, d, N): flow coordinates, sorted, component-major.

        Raises:
            InputError: x is not a table with d columns.
        """
        rows, order = self._rows(x, self.architecture.width, "x"), self.order.cpu()
        state = torch.empty(1, self.architecture.width, len(rows), dtype=self.control.vector.dtype)
        for first in range(0, len(rows), BLOCK):
            part = slice(first, first + BLOCK)
            u: Tensor = self._coordinates.to_flow(rows[part].cpu().double())
            state[0, :, part] = u.T[order]
        return state.to(self.control.vector.device)

    def from_engine(self, state: Tensor) -> Tensor:
        """Engine layout (1, d, N) to data units (N, d)."""
        x: Tensor = self._coordinates.to_data(self.natural(state).cpu().double())
        return x.to(self.control.vector)

    def natural(self, state: Tensor) -> Tensor:
        """Engine layout (1, d, N) to flow coordinates in natural order (N, d)."""
        out = torch.empty_like(state[0])
        out[self.order] = state[0]
        return out.T.contiguous()

    def _rows(self, x: Points, width: int, name: str) -> Tensor:
        rows = x if isinstance(x, Tensor) else torch.as_tensor(np.require(x, np.float64, ["C", "W"]))
        if rows.ndim != 2 or rows.shape[1] != width:
            raise InputError(name, f"shape {tuple(rows.shape)}", f"a table of shape (N, {width})")
        return rows

    # -- the public maps --

    def encode(self, x: Points) -> Tensor:
        """The latent code z = X_{T/2} on A_*.

        Args:
            x: particles in data units, (N, d).

        Returns:
            (N, k) in flow coordinates, the component kept longest first.
        """
        half = self.architecture.depth // 2
        layers = self.architecture.shape.layers(self.control.vector[None])
        code = self.architecture.outcome(layers[:half], self.to_engine(x))
        return resize(code, self.architecture.bottleneck)[0].T.contiguous()

    def decode(self, z: Points) -> Tensor:
        """Data from latent codes.

        Args:
            z: codes, (N, k).

        Returns:
            (N, d) in data units.

        Raises:
            InputError: the run has no decoder (task classify).
        """
        rows = self._rows(z, self.architecture.bottleneck, "z").to(self.control.vector)
        return self.from_engine(self._decoded(rows.T.contiguous()[None]))

    def reconstruct(self, x: Points) -> Tensor:
        """decode(encode(x)): (N, d) -> (N, d) in data units; x enters through its k numbers only."""
        return self.decode(self.encode(x))

    def _decoded(self, code: Tensor) -> Tensor:
        if self.spec.task == "classify":
            raise InputError(
                "task", "classify", "reconstruct, denoise or transport: classify trains an encoder only"
            )
        half = self.architecture.depth // 2
        layers = self.architecture.shape.layers(self.control.vector[None])
        return self.architecture.outcome(layers[half:], code, half)

    def flow(self, x: Points, method: str | None = None, substeps: int | None = None, every: int = 1) -> Flow:
        """Trajectories with θ held on each layer.

        Args:
            x: particles in data units, (N, d).
            method: a scheme, "euler", "midpoint" or "rk4"; by default the run's own, the network itself.
            substeps: sub-steps r per layer, from 1; by default the network's own, with another scheme 1.
            every: of how many sub-steps one is told of, a divisor of r; `Architecture.every` for pictures.

        Returns:
            Flow with S = r L + 1 times (classify: r L/2 + 1), r divided by `every`.

        Raises:
            InputError: there is no such scheme, or substeps is out of bounds.
        """
        arch = self.integrated(method, substeps)
        r = arch.substeps
        state, half = self.to_engine(x), arch.depth // 2
        dropped, states = state, [state]
        for n, layer in enumerate(arch.shape.layers(self.control.vector[None])):
            a = arch.counts[n]
            for part in range(r):
                moved = arch.move(layer, state[:, :a])
                state = torch.cat([moved, state[:, a:]], dim=1)
                if n == half - 1 and part == r - 1:
                    dropped = state
                    state = resize(resize(state, arch.bottleneck), arch.width)
                if (part + 1) % every == 0:
                    states.append(state)
        r //= every
        steps = arch.controlled * r
        times = torch.arange(steps + 1, dtype=torch.float64) * (arch.step / r)
        return Flow(
            times.to(state),
            torch.stack([self.natural(s) for s in states]),
            self._active([min(s // r, arch.controlled - 1) for s in range(steps + 1)]),
            self.natural(dropped),
            half * r,
            arch.depth,
        )

    def integrated(self, method: str | None, substeps: int | None) -> Architecture:
        """The architecture with the scheme and sub-steps that `flow` takes.

        Raises:
            InputError: there is no such scheme, or substeps is out of bounds.
        """
        own = self.architecture
        r = substeps if substeps is not None else (own.substeps if method is None else 1)
        return own.by(scheme(own.scheme.name if method is None else method, r), r)

    def _active(self, layer_of: Sequence[int]) -> Tensor:
        active = torch.zeros(len(layer_of), self.architecture.width, dtype=torch.bool)
        for row, n in enumerate(layer_of):
            active[row, self.order[: self.architecture.counts[n]].cpu()] = True
        return active

    def with_control(self, vector: Points) -> "AutoencODE":
        """A copy with another control.

        Args:
            vector: (P,), in the order of `control.flatten()`.
        """
        source = vector if isinstance(vector, Tensor) else torch.as_tensor(np.array(vector, dtype=np.float64))
        own = source.to(self.control.vector).clone()
        return AutoencODE(self.spec, own, self.coordinates, self.order.cpu(), self.architecture.substeps)

    def to(self, *args: Any, **kwargs: Any) -> "AutoencODE":
        """A copy on another device or in another precision, as torch.Tensor.to."""
        moved = self.control.vector.to(*args, **kwargs)
        return AutoencODE(self.spec, moved, self.coordinates, self.order.cpu(), self.architecture.substeps)

    def in_substeps(self, substeps: int) -> "AutoencODE":
        """A copy whose layers are cut into so many sub-steps, the control unchanged."""
        return AutoencODE(self.spec, self.control.vector, self.coordinates, self.order.cpu(), substeps)


def label_positions(classes: int, bottleneck: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Where the labels lie in the bottleneck: the targets of classify.

    On the line evenly in [-1, 1]; in more dimensions distinct points of norm 1, the real Fourier
    basis over the classes (for k = 2 a regular polygon).

    Args:
        classes: number of classes C, at least 2.
        bottleneck: k, from 1.

    Returns:
        (C, k).
    """
    if bottleneck == 1:
        return np.linspace(-1, 1, classes)[:, None]
    angle = 2 * np.pi * np.arange(classes)[:, None] / classes
    used = min(bottleneck, max(2, classes - 1))
    waves = 1 + np.arange(used) // 2
    positions = np.where(np.arange(used) % 2 == 0, np.cos(waves * angle), np.sin(waves * angle))
    padded = np.zeros((classes, bottleneck))
    padded[:, :used] = positions / np.linalg.norm(positions, axis=1, keepdims=True)
    return padded
