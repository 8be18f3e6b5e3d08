"""The control of a run and its Hamiltonian along t."""

from itertools import chain
from typing import Any

import numpy as np
import torch
from torch import Tensor

from autoencode_core.analysis.control.shooting import Shooting
from autoencode_core.analysis.regimes.spectrum import finite
from autoencode_core.analysis.run_particles import Array
from autoencode_core.errors import InputError
from autoencode_core.flow.shape import Block
from autoencode_core.report import Report, silent
from autoencode_core.training.hamiltonian import hamiltonians, layer_squares
from autoencode_core.training.run import Run

MOST_ROWS = 4096
"""Most rows of a control strip; a wider control is drawn by the sizes of its rows and columns."""


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
        docs/theory.md, section 3.
    """
    report = report or silent
    report(0.0, "Sending particles and costates through the flow.")
    with torch.no_grad():
        shooting = Shooting(run)
        arch, theta = shooting.arch, shooting.theta
        held = shooting.shoot(theta)
        field_part, values = hamiltonians(arch, theta, held), shooting.values(theta, held).numpy()
        slopes = shooting.slopes(theta, held)
        layers = zip(arch.shape.layers(theta[None]), held.states, strict=True)
        speeds = [float(arch.field.velocity(layer, x[None])[0].norm(dim=0).mean()) for layer, x in layers]
    counts, cost = np.array(arch.shape.counts), shooting.cost(theta, held)
    jumps = np.flatnonzero(np.diff(counts)) + 1
    return {
        "times": shooting.step * np.arange(len(counts)),
        "hamiltonian": values,
        "field_part": field_part.numpy(),
        "norm": layer_squares(arch, theta).sqrt().numpy(),
        "speed": np.array(speeds),
        "stationarity": slopes.numpy(),
        "counts": counts,
        "jumps": jumps,
        "drift": np.array([np.ptp(part) for part in np.split(values, jumps)]),
        "cost": cost,
        "rate": cost / (shooting.step * len(counts)),
        "gradient_norm": float((shooting.step * slopes.square().sum()).sqrt()),
        "note": shooting.note,
    }


def along(run: Run, report: Report | None = None) -> dict[str, Any]:
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
