"""The maximum principle of a run: costates, the Hamiltonian and the control along t."""

from itertools import chain
from typing import Any

import numpy as np
import torch
from torch import Tensor

from autoencode_core.analysis.particles import Array, Report, silent
from autoencode_core.analysis.spectrum import Place, finite
from autoencode_core.errors import InputError
from autoencode_core.flow.architecture import Architecture
from autoencode_core.flow.shape import Block
from autoencode_core.training.costate import Room, forward
from autoencode_core.training.curvature import numbers_kept
from autoencode_core.training.hamiltonian import Shot, hamiltonians, layer_squares, shoot
from autoencode_core.training.run import Run

KEPT = 2**28
"""Bytes of states and costates that are kept; of more particles every m-th one is taken."""
MOST_ROWS = 4096
"""Most rows of a control strip; a wider control is drawn by the sizes of its rows and columns."""


class Stand:
    """A run's training particles with their states and costates at any control of its architecture.

    Args:
        run: the run.

    Attributes:
        place: model and particles, in double precision.
        x, y: states at t = 0 (1, d, n) and targets (1, a, n), engine layout.
        note: what a person must know of the particles.

    Raises:
        InputError: the run diverged.
    """

    def __init__(self, run: Run) -> None:
        self.place, self.weight = Place(run), run.spec.weight
        self.arch, self.step = self.place.model.architecture, self.place.step
        count, most = self.place.x.shape[2], KEPT // (8 * numbers_kept(self.place.model.architecture))
        every = -(-count // max(1, most))
        self.x, self.y, self.note = self.place.x[:, :, ::every], self.place.y[:, :, ::every], self.place.note
        if every > 1:
            words = f"Sums are over {self.x.shape[2]} of the {count} particles, evenly chosen."
            self.note = " ".join(filter(None, (self.note, words)))

    @property
    def theta(self) -> Tensor:
        """The run's control, (P,)."""
        return self.place.model.control.vector

    def shoot(self, theta: Tensor) -> Shot:
        """States and costates at a control, (P,).

        Raises:
            InputError: they are no finite numbers there.
        """
        shot = shoot(self.arch, theta, self.x, self.y)
        if not finite(shot.gradient) or not np.isfinite(shot.data_term):
            raise InputError("run", "a gradient that is not finite", "a run that did not diverge")
        return shot

    def cost(self, theta: Tensor, shot: Shot) -> float:
        """J at a control, (P,)."""
        return shot.data_term + self.weight * self.step * float(theta.square().sum())

    def slopes(self, theta: Tensor, shot: Shot) -> Tensor:
        """|∇J_n| of every layer, (L,)."""
        return layer_squares(self.arch, shot.gradient + 2 * self.weight * theta).sqrt()

    def values(self, theta: Tensor, shot: Shot) -> Tensor:
        """H_n at a control (P,), states and costates frozen, (L,)."""
        return hamiltonians(self.arch, theta, shot) - self.weight * layer_squares(self.arch, theta)


def costates(run: Run, report: Report | None = None) -> dict[str, Any]:
    """States and costates of the probe batch, in flow coordinates and natural order.

    Args:
        run: the run.
        report: progress.

    Returns:
        times (S,), S = L + 1 (classify: L/2 + 1); states (S, n, d), at T/2 after the projection; costates
        (S, n, d): N times p_n, N the number of training particles, so that sizes do not depend on it: N p is
        the derivative of the particle's own squared error by its state. At T/2 the one that the encoder
        meets, Π p; unprojected (n, d), the one there before the projection sets I_* to 0; dropped (n, d), the
        states there before it; active (S, d); hue (n,); labels (n,).

    Raises:
        InputError: the run diverged.

    Source:
        theory.md section 3.
    """
    report = report or silent
    report(0.0, "Moving the particles.")
    if run.status == "diverged" or not finite(run.model.control.vector):
        raise InputError("run", "one that diverged", "a run that did not diverge: its numbers mean nothing")
    model, probe = run.model.to("cpu", torch.float64), run.probe
    arch, flow, x = model.architecture, model.flow(probe["inputs"]), model.to_engine(probe["inputs"])
    if run.spec.task == "classify":
        y = torch.as_tensor(np.asarray(probe["targets"]).T.copy())[None].to(x)
    else:
        y = model.to_engine(probe["targets"])
    report(0.5, "Sending the costates back.")
    swept, before = _sent_back(arch, model.control.vector, x, y)
    ends = slice(None, None, arch.substeps)
    return {
        "times": flow.times[ends].numpy(),
        "states": flow.states[ends].numpy(),
        "costates": torch.stack([model.natural(p) for p in swept]).numpy(),
        "unprojected": model.natural(before).numpy(),
        "dropped": flow.dropped.numpy(),
        "active": flow.active[ends].numpy(),
        "hue": np.asarray(probe["hue"]),
        "labels": np.asarray(probe["labels"]),
    }


def _sent_back(arch: Architecture, theta: Tensor, x: Tensor, y: Tensor) -> tuple[list[Tensor], Tensor]:
    """N p_0, ..., N p_S whole, (1, d, n) each, and the one at T/2 before the projection."""
    room, half = Room(arch, 1, x.shape[2], x), arch.depth // 2
    room.theta.copy_(theta[None])
    room.x.copy_(x)
    room.end.copy_(2 * (forward(room) - y))
    room.gradient.zero_()
    swept, before = [room.p.clone()], room.p.clone()
    for n in reversed(range(arch.controlled)):
        if n == half - 1:
            # What is inactive in the decoder so far has kept its costate in the room's rows below.
            before = room.p.clone()
            room.p[:, arch.bottleneck :] = 0
            swept[0] = room.p.clone()
        room.passages[n].pull()
        swept.insert(0, room.p.clone())
    return swept, before


def hamiltonian(run: Run, report: Report | None = None) -> dict[str, Any]:
    """The Hamiltonian along t, H_n(θ_n) = -(1/δ) Σ κ · F(X, θ_n) - λ|θ_n|², and what belongs to it.

    The sum is over the evaluation points of a layer. By any scheme H_n = -∂J/∂δ_n exactly: what J falls by as
    the layer lasts longer. So where H is constant no layer would gain from time that another one has.

    Args:
        run: the run.
        report: progress.

    Returns:
        One entry a controlled layer: times, t_n; hamiltonian; field_part = -(1/δ) Σ κ·F; norm, |θ_n|; speed,
        the particles' mean |F_n|; stationarity, |∇J_n|; counts, a_n. jumps, the layers at which the width
        changes, where H may jump (between them it is constant along an optimal control as δ -> 0); drift,
        largest less smallest H of each interval of constant width; cost J; rate, J a unit of t, the natural
        size of an H; gradient_norm = ‖∇J‖; note.

    Raises:
        InputError: the run diverged.

    Source:
        theory.md section 3.
    """
    report = report or silent
    report(0.0, "Sending particles and costates through the flow.")
    with torch.no_grad():
        stand = Stand(run)
        arch, theta = stand.arch, stand.theta
        shot = stand.shoot(theta)
        field_part, values = hamiltonians(arch, theta, shot), stand.values(theta, shot).numpy()
        slopes = stand.slopes(theta, shot)
        layers = zip(arch.shape.layers(theta[None]), shot.states, strict=True)
        speeds = [float(arch.field.velocity(layer, x[None])[0].norm(dim=0).mean()) for layer, x in layers]
    counts, cost = np.array(arch.shape.counts), stand.cost(theta, shot)
    jumps = np.flatnonzero(np.diff(counts)) + 1
    return {
        "times": stand.step * np.arange(len(counts)),
        "hamiltonian": values,
        "field_part": field_part.numpy(),
        "norm": layer_squares(arch, theta).sqrt().numpy(),
        "speed": np.array(speeds),
        "stationarity": slopes.numpy(),
        "counts": counts,
        "jumps": jumps,
        "drift": np.array([np.ptp(part) for part in np.split(values, jumps)]),
        "cost": cost,
        "rate": cost / (stand.step * len(counts)),
        "gradient_norm": float((stand.step * slopes.square().sum()).sqrt()),
        "note": stand.note,
    }


def control_strip(run: Run, report: Report | None = None) -> dict[str, Any]:
    """θ(t) as a heat strip: an entry of W, b or V a row, a layer a column.

    Components are named by their number in the data's own order, from 1; hidden units of the two-layer field
    by theirs. The rows of a strip that would have more than 4096 are the sizes (root mean square) of the rows
    of W, the entries of b, and the sizes of the columns of V.

    Args:
        run: the run.
        report: progress.

    Returns:
        values (E, L), NaN where an entry is not active; labels (E,), text; groups, list of the names of the
        blocks, "W", "b"[, "V"]; borders (g + 1,), the rows at which they begin, and E; counts (L,), a_n;
        edges (L + 1,), the times between layers; norm (L,), |θ_n|; whole, whether every entry has a row;
        spread, root mean square distance of the probe batch from its mean at t = 0, 1 where it is 0; size,
        root mean square of its |(x, 1)|, both in flow coordinates.

    Raises:
        InputError: the run diverged.
    """
    if not finite(run.model.control.vector):
        raise InputError("run", "one that diverged", "a run that did not diverge: its numbers mean nothing")
    model, arch = run.model, run.model.architecture
    layers, widest = arch.shape.layers(model.control.vector[None].double()), arch.field.blocks(arch.width)
    whole = sum(block.size for block in widest) <= MOST_ROWS
    named = {"component": [str(int(i) + 1) for i in model.order], "": [""]}
    labels = [_labels(block, named, whole) for block in widest]
    columns = [
        np.concatenate([_rows(block, part[0], whole) for block, part in zip(widest, layer, strict=True)])
        for layer in layers
    ]
    x = np.asarray(model.coordinates.to_flow(np.asarray(run.probe["inputs"], float)))
    return {
        "values": np.stack(columns, axis=1),
        "labels": np.array(list(chain.from_iterable(labels))),
        "groups": [block.name for block in widest],
        "borders": np.cumsum([0, *map(len, labels)]),
        "counts": np.array(arch.shape.counts),
        "edges": arch.step * np.arange(arch.controlled + 1),
        "norm": layer_squares(arch, model.control.vector.double()).sqrt().numpy(force=True),
        "whole": whole,
        "spread": float(np.sqrt(x.var(axis=0).sum())) or 1.0,
        "size": float(np.sqrt(1 + np.square(x).sum(axis=1).mean())),
    }


def _labels(block: Block, named: dict[str, list[str]], whole: bool) -> list[str]:
    """What the rows of the strip are called that one block fills."""
    rows, columns = (
        named.get(axis) or [str(j + 1) for j in range(count)]
        for axis, count in ((block.row, block.rows), (block.column, block.columns))
    )
    if not block.weight:
        return [f"{block.name} {row}".strip() for row in rows for _ in columns]
    if whole:
        return [f"{block.name} {row},{column}" for row in rows for column in columns]
    along = [f"{row},·" for row in rows] if _by_rows(block) else [f"·,{column}" for column in columns]
    return [f"{block.name} {name}" for name in along]


def _by_rows(block: Block) -> bool:
    """Whether the sizes of a block are those of its rows: of its columns where these are the units."""
    return block.column != "unit"


def _rows(block: Block, values: Tensor, whole: bool) -> Array:
    """One layer's block as rows of the strip, NaN where it has none.

    Args:
        block: as it is where all components are active.
        values: (rows, columns), perhaps fewer.
        whole: whether every entry has a row of its own.
    """
    found = values.numpy(force=True)
    if whole or not block.weight:
        full = np.full((block.rows, block.columns), np.nan)
        full[: found.shape[0], : found.shape[1]] = found
        return full.ravel()
    sizes = np.sqrt(np.square(found).mean(axis=1 if _by_rows(block) else 0))
    rows = np.full(block.rows if _by_rows(block) else block.columns, np.nan)
    rows[: len(sizes)] = sizes
    return rows
