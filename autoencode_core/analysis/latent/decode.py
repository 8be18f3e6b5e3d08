"""From codes to data: what the decoder makes of points of the latent space."""

from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike

from autoencode_core.analysis.run_particles import Array, finite_rows, table, training_codes
from autoencode_core.errors import InputError
from autoencode_core.flow.architecture import resize
from autoencode_core.report import Report, silent
from autoencode_core.training.run import Run

MOST_IN_PLANE = 40
"""Most points along each axis of a plane of codes, whose data may be wide."""
MOST = 5000
"""Most codes decoded at once with their trajectories."""


def decode(run: Run, z: ArrayLike, report: Report | None = None) -> dict[str, Any]:
    """The decoder's trajectories of codes, and the training particles nearest to them.

    Args:
        run: a run with a decoder.
        z: codes (m, k), at most 5000.
        report: progress.

    Returns:
        states (D + 1, m, d) float32 in flow coordinates, from T/2 after the projection to T; times (D + 1,);
        outputs (m, d) in data units; nearest (m,), number of the training particle whose code is the nearest;
        nearest_data (m, d), its target in data units; code_distance (m,), between the codes; data_distance
        (m,), between the particle and the output, in flow coordinates; left_out, how many training particles
        have no finite code; note. Where no particle is left to compare with, the number is -1 and the
        rest is NaN.

    Raises:
        InputError: the run has no decoder (task classify), or z is no such table.

    Source:
        docs/theory.md, section 2.
    """
    report = report or silent
    codes = _codes(run, z, "z")
    report(0.0, "Decoding.")
    states, outputs = _decoded(run, codes)
    report(0.3, "Looking for the nearest particles.")
    particles, known = training_codes(run)
    nearest, distance = _nearest(known, codes, report)
    data = np.where((nearest >= 0)[:, None], particles.targets[nearest], np.nan)
    arch = run.model.architecture
    with np.errstate(invalid="ignore", over="ignore"):
        apart = run.model.coordinates.lengths(data - outputs)
    return {
        "states": states.astype(np.float32),
        "times": np.arange(arch.depth // 2, arch.depth + 1) * arch.step,
        "outputs": outputs,
        "nearest": nearest,
        "nearest_data": data,
        "code_distance": distance,
        "data_distance": apart,
        "left_out": int((~finite_rows(known)).sum()),
        "note": particles.note,
    }


def decoded_grid(
    run: Run,
    low: ArrayLike,
    high: ArrayLike,
    points: int = 24,
    report: Report | None = None,
    center: ArrayLike | None = None,
    axes: ArrayLike | None = None,
) -> dict[str, Any]:
    """What the decoder makes of a grid of codes: the learnt curve or surface.

    Args:
        run: a run with a decoder, and k = 1 or 2 where no plane is given.
        low: lowest code (k,), or lowest place (2,) in the plane.
        high: highest one, above `low` in each component.
        points: grid points p along each component, 2 to 200; in a plane at most 40.
        report: progress.
        center: a code (k,), where the plane of the grid has its origin.
        axes: two codes (k, 2) that span it; both or none.

    Returns:
        places, codes, outputs in data units and states at T in flow coordinates: (p, k), (p, k), (p, d),
        (p, d) for k = 1, and for k = 2 and in a plane (p, p, ·), the second component of the place along the
        first axis.

    Raises:
        InputError: the run has no decoder or another k, or the grid cannot be used.
    """
    k = run.spec.bottleneck
    if (center is None) != (axes is None):
        raise InputError("axes", "without the other", "both center and axes, or none of them")
    plane = None if axes is None else table("axes", np.asarray(axes, float).T, k)
    if plane is not None and len(plane) != 2:
        raise InputError("axes", f"{len(plane)} axes", "two")
    count = k if plane is None else 2
    if count > 2:
        raise InputError("bottleneck", count, "1 or 2: a grid of more components cannot be drawn")
    first, last = (table(name, [np.ravel(v)], count)[0] for name, v in (("low", low), ("high", high)))
    if not (first < last).all():
        raise InputError("low", first.tolist(), f"below high ({last.tolist()}) in each component")
    most = 200 if plane is None else MOST_IN_PLANE
    if not isinstance(points, int) or not 2 <= points <= most:
        raise InputError("points", points, f"a whole number from 2 to {most}")
    (report or silent)(None, "Decoding the grid.")
    lines = [np.linspace(a, b, points) for a, b in zip(first, last, strict=True)]
    places = codes = np.stack(np.meshgrid(*lines), axis=-1)
    if plane is not None:
        codes = table("center", [np.ravel(center)], k)[0] + places @ plane  # type: ignore[arg-type]
    states, outputs = _decoded(run, codes.reshape(-1, k))
    shape = (*codes.shape[:-1], -1)
    return {
        "places": places,
        "codes": codes,
        "outputs": outputs.reshape(shape),
        "states": states[-1].reshape(shape),
    }


def walk(
    run: Run, a: ArrayLike, b: ArrayLike, steps: int = 50, report: Report | None = None
) -> dict[str, Any]:
    """A straight walk between two codes, decoded.

    Args:
        run: a run with a decoder.
        a: first code (k,).
        b: last code (k,).
        steps: points m on the way, both ends included, 2 to 1000.
        report: progress.

    Returns:
        codes (m, k); outputs (m, d) in data units; states (m, d) at T in flow coordinates; length of the
        decoded path and distance between its ends, both in flow coordinates.

    Raises:
        InputError: the run has no decoder, or an argument cannot be used.
    """
    if not isinstance(steps, int) or not 2 <= steps <= 1000:
        raise InputError("steps", steps, "a whole number from 2 to 1000")
    start, end = (_codes(run, [np.ravel(v)], name)[0] for name, v in (("a", a), ("b", b)))
    (report or silent)(None, "Decoding the walk.")
    share = np.linspace(0, 1, steps)[:, None]
    codes = (1 - share) * start + share * end
    states, outputs = _decoded(run, codes)
    return {
        "codes": codes,
        "outputs": outputs,
        "states": states[-1],
        "length": float(run.model.coordinates.lengths(np.diff(outputs, axis=0)).sum()),
        "distance": float(run.model.coordinates.lengths(outputs[-1:] - outputs[:1])[0]),
    }


def _codes(run: Run, values: ArrayLike, name: str) -> Array:
    codes = table(name, values, run.spec.bottleneck)
    if len(codes) > MOST:
        raise InputError(name, f"{len(codes)} codes", f"at most {MOST}")
    return codes


def _decoded(run: Run, codes: Array) -> tuple[Array, Array]:
    """Decoder states (D + 1, m, d) in flow coordinates and outputs (m, d) in data units.

    Raises:
        InputError: the run has no decoder.
    """
    model = run.model
    arch = model.architecture
    if run.spec.task == "classify":
        raise InputError("task", "classify", "a task with a decoder: classify trains an encoder only")
    state = torch.as_tensor(codes.T.copy())[None].to(model.control.vector)
    half = arch.depth // 2
    layers = arch.shape.layers(model.control.vector[None])[half:]
    moved = [state, *(out for _, _, out in arch.advance(layers, state, half))]
    states = torch.stack([model.natural(resize(each, arch.width)) for each in moved])
    return states.double().numpy(force=True), model.from_engine(moved[-1]).double().numpy(force=True)


def _nearest(points: Array, places: Array, report: Report) -> tuple[Array, Array]:
    """Number of the nearest of `points` (N, c) to each of `places` (m, c), and its distance; -1 for none."""
    numbers, distances = np.full(len(places), -1), np.full(len(places), np.nan)
    there = np.flatnonzero(finite_rows(points))
    candidates = points[there]
    for row in range(len(places)) if len(there) else ():
        report(None, "Looking for the nearest particles.")
        squares = np.square(candidates - places[row]).sum(axis=1)
        best = int(squares.argmin())
        numbers[row], distances[row] = there[best], np.sqrt(squares[best])
    return numbers, distances
