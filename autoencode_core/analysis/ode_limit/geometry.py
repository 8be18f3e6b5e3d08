"""The geometry of a run's maps: determinants, stretching, folds and crossings, beside those of its ODE."""

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from autoencode_core.analysis.run_particles import Array, blocks
from autoencode_core.analysis.run_problem import RunProblem, finite
from autoencode_core.errors import InputError
from autoencode_core.flow.architecture import Architecture, resize
from autoencode_core.flow.fields.hidden import spectral_norm
from autoencode_core.flow.fields.point import Point
from autoencode_core.flow.schemes import SCHEMES
from autoencode_core.flow.shape import Layer
from autoencode_core.questions.ode_limit import Geometry
from autoencode_core.report import Report, silent
from autoencode_core.training.run import Run
from autoencode_core.words import measured

LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""The quantiles over particles that are given back."""
MOST_PARTICLES = 1000
MOST_NUMBERS = 2**24
"""Most entries n d² of all particles' Jacobians; of more particles fewer are taken."""
MOST_WORK = 1.5e10
"""Most cubes of widths that the decompositions of all particles may add up to; likewise."""
MEETING = 1e-12
"""Two particles meet when their distance falls below that share of itself: rounding."""
APART = 1e-6
"""Pairs of particles nearer than that share of the largest distance say nothing of a Lipschitz constant."""
PER_BOUND, FEWEST_SUBSTEPS, MOST_SUBSTEPS = 8, 4, 64
"""RK4 takes so many sub-steps for each unit of δ Lip(F_n), within these limits."""


def geometry(run: Run, particles: int = 200, report: Report | None = None) -> Geometry:
    """Jacobians of the network along its training particles, and what the flow of an ODE could not do.

    Components that are inactive stand still, so the determinant on R^d is that of the active blocks. An even
    number of eigenvalues of I + s δ ∂F that pass through 0 leaves the sign of det as it was: `folded` is the
    least share of particles whose straight step is folded.

    Args:
        run: the run.
        particles: how many n of the training particles, evenly chosen, 1 to 1000.
        report: progress.

    Raises:
        InputError: the run diverged or its particles leave the finite numbers, or particles is out of bounds.

    Source:
        docs/theory.md, section 2. Liouville: d/dt log det D X = tr ∂_x F along the flow of an ODE.
    """
    whole = isinstance(particles, int) and not isinstance(particles, bool)
    if not whole or not 1 <= particles <= MOST_PARTICLES:
        raise InputError("particles", particles, f"a whole number from 1 to {MOST_PARTICLES}")
    report = report or silent
    report(0.0, "Loading the particles.")
    with torch.no_grad():
        problem = RunProblem(run)
        arch, (x, words) = problem.model.architecture, _chosen(problem, particles)
        layers = arch.shape.layers(problem.model.control.vector[None])
        steep = _bounds(arch, layers, report)
        bound = np.array([arch.scheme.growth(each / arch.substeps) - 1 for each in steep])
        passed = _passed(arch, layers, x, report)
        closest, crossed = _approach(passed, report)
        volumes = _volumes(arch, layers, steep, x, report)
    limit = _speed_limit(arch, layers)
    said = [problem.note, words, *_notes(arch, volumes, closest, steep, limit)]
    half = arch.depth // 2
    edges = arch.step * np.arange(len(layers) + 1)
    lipschitz = _lipschitz((1 + bound) ** arch.substeps, half, arch.bottleneck, passed)
    return {
        "edges": edges,
        "times": np.insert(edges, half, edges[half]),
        "counts": np.array(arch.shape.counts),
        "levels": np.array(LEVELS),
        "log_det": _quantiles(passed.log_det),
        "log_volume": _quantiles(volumes),
        "smallest": passed.smallest.amin(1).numpy(),
        "largest": passed.largest.amax(1).numpy(),
        "folded": passed.folded.double().mean(1).numpy(),
        "bound": bound,
        "closest": closest,
        "crossed": crossed,
        "stretch": passed.stretch.amax(1).numpy(),
        "lipschitz_encoder": lipschitz["encoder"][0],
        "lipschitz_decoder": lipschitz["decoder"][0],
        "lipschitz_whole": lipschitz["whole"][0],
        "lipschitz_bound_encoder": lipschitz["encoder"][1],
        "lipschitz_bound_decoder": lipschitz["decoder"][1],
        "lipschitz_bound_whole": lipschitz["whole"][1],
        "speed": passed.speed.amax(1).numpy(),
        "speed_limit": limit,
        "reach": limit * arch.horizon / 2,
        "half_horizon": arch.horizon / 2,
        "moved": float((passed.arrived - x).abs().max()),
        "particles": x.shape[1],
        "note": " ".join(filter(None, said)),
    }


def _chosen(problem: RunProblem, particles: int) -> tuple[Tensor, str]:
    """Some particles (d, n), engine order, as many as memory and time allow, and words if these are fewer."""
    arch, there = problem.model.architecture, problem.x.shape[2]
    layers = arch.points * sum(a**3 + a * arch.field.flops(a) / 8 for a in arch.shape.counts)
    cubes = layers + arch.depth // 2 * arch.width**3
    most = max(1, int(min(MOST_NUMBERS // arch.width**2, MOST_WORK // cubes)))
    wanted = min(particles, there)
    count = min(wanted, most)
    rows = torch.linspace(0, there - 1, count, dtype=torch.float64).round().long()
    words = f"The Jacobians of {arch.width} components are taken at {count} particles instead of {wanted}."
    return problem.x[0][:, rows], words if count < wanted else ""


def _notes(arch: Architecture, volumes: Tensor, closest: Array, bound: Array, limit: float) -> list[str]:
    """What a person must know of the answer."""
    said = list[str]()
    if volumes.shape[1] == 1:
        said.append("One particle: there are no two trajectories to compare.")
    elif np.isnan(closest).any():
        said.append("In some layers all particles are in one place: no two trajectories to compare.")
    if np.isnan(limit):
        said.append(f"The field {arch.field.title} with σ = {arch.field.activation} sets no speed limit.")
    if np.isnan(bound).any():
        said.append("A bound of the Lipschitz constant is not available for this field.")
    if not finite(volumes):
        said.append("Particles of the ODE leave the finite numbers: its volume is not known there.")
    elif np.nanmax(bound, initial=0.0) * PER_BOUND > MOST_SUBSTEPS:
        said.append(
            f"δ Lip(F) may be as large as {measured(np.nanmax(bound))}: there the ODE's volume is less "
            "certain."
        )
    return said


# ---- one layer


class Substep(NamedTuple):
    """One sub-step of a layer and its Jacobian, of the active block.

    Attributes:
        x: active states at its start, (a, n).
        move: what the sub-step adds to them, (a, n).
        slope: Jacobian of that move, (n, a, a).
    """

    x: Tensor
    move: Tensor
    slope: Tensor


def linearised(arch: Architecture, layer: Layer, x: Tensor) -> list[Substep]:
    """The sub-steps of a layer with their Jacobians: the scheme, and the scheme linearised along its stages.

    Args:
        arch: the architecture.
        layer: one layer's control, (1, ·, ·); a active components.
        x: active states (a, n).
    """
    found, eye = list[Substep](), torch.eye(len(x)).to(x).expand(x.shape[1], -1, -1)
    for _ in range(arch.substeps):
        points = list[Point]()

        def velocity(_: int, at: Tensor, points: list[Point] = points) -> Tensor:
            points.append(arch.field.at(layer, at))
            return points[-1].velocity

        def turned(s: int, moved: Tensor, points: list[Point] = points) -> Tensor:
            return points[s].jacobian() @ moved

        end, whole = arch.substep(velocity, x[None])[0], arch.substep(turned, eye)
        found.append(Substep(x, end - x, whole - eye))
        x = end
    return found


def _bounds(arch: Architecture, layers: list[Layer], report: Report) -> Array:
    """δ × an upper bound of Lip(F_n) of every layer, (L,), NaN where the field gives none."""
    found = list[float]()
    for n, layer in enumerate(layers):
        report(0.05 * n / len(layers), f"Layer {n + 1} of {len(layers)}: norms of the control.")
        bound = arch.field.lipschitz_bound(layer)
        found.append(np.nan if bound is None else arch.step * float(bound[0]))
    return np.array(found)


def _speed_limit(arch: Architecture, layers: list[Layer]) -> float:
    """What no component of any F_n exceeds, NaN where the field sets no limit."""
    bounds = [arch.field.speed_bound(layer) for layer in layers]
    most = max(np.inf if bound is None else float(bound.max()) for bound in bounds)
    return most if np.isfinite(most) else np.nan


# ---- the network


class _Passage(NamedTuple):
    """What the network does to particles, which are the last axis of all but jacobian.

    Attributes:
        log_det, stretch: (F, n).
        smallest, largest, folded: (L, n).
        decoder: largest singular value of z -> X_L, (n,), NaN without a decoder.
        arrived: X_E before the projection, (d, n).
        speed: largest |component of F_n| at the start of each layer, (L, n).
        states: where each sub-step starts, (d, n) each, and the end.
        moves: what each sub-step adds, (a_n, n) each.
    """

    log_det: Tensor
    stretch: Tensor
    smallest: Tensor
    largest: Tensor
    folded: Tensor
    decoder: Tensor
    arrived: Tensor
    speed: Tensor
    states: list[Tensor]
    moves: list[Tensor]


def _passed(arch: Architecture, layers: list[Layer], x: Tensor, report: Report) -> _Passage:
    """The passage of particles (d, n), block by block."""
    each = 8 * (arch.width**2 * (6 + 2 * arch.points) + arch.points * arch.field.numbers(arch.width))
    parts = list[_Passage]()
    for part in blocks(x.shape[1], each):
        parts.append(_block(arch, layers, x[:, part], part.start / x.shape[1], report))
    columns = zip(*parts, strict=True)
    return _Passage(*(_beside(column) for column in columns))


def _beside(parts: Any) -> Any:
    """Blocks of particles side by side, or lists of them."""
    if isinstance(parts[0], Tensor):
        return torch.cat(parts, dim=-1)
    return [torch.cat(each, dim=-1) for each in zip(*parts, strict=True)]


def _block(arch: Architecture, layers: list[Layer], x: Tensor, share: float, report: Report) -> _Passage:
    half, count, width, k = arch.depth // 2, x.shape[1], arch.width, arch.bottleneck
    # The Jacobian of X_0 -> X_n, from T/2 on that of z -> X_n; and what z adds to the latter's stretch.
    jacobian = torch.eye(width, dtype=x.dtype).repeat(count, 1, 1)
    code: Tensor | None = None
    log_det, stretch = [x.new_zeros(count)], [x.new_ones(count)]
    values, folded, speed = list[Tensor](), list[Tensor](), list[Tensor]()
    states, moves, arrived = list[Tensor](), list[Tensor](), x
    for n, layer in enumerate(layers):
        report(0.05 + 0.65 * share, f"Layer {n + 1} of {len(layers)}: Jacobians of {count} particles.")
        a = arch.counts[n]
        speed.append(arch.field.velocity(layer, x[None, :a])[0].abs().amax(0))
        own, size = torch.eye(a, dtype=x.dtype).repeat(count, 1, 1), x.new_zeros(count)
        turned = torch.zeros(count, dtype=torch.bool)
        for substep in linearised(arch, layer, x[:a]):
            states.append(x)
            moves.append(substep.move)
            x = torch.cat([x[:a] + substep.move, x[a:]])
            slope = torch.eye(a, dtype=x.dtype) + substep.slope
            if not finite(x) or not finite(slope):
                raise InputError("run", "particles beyond the finite numbers", "a run that keeps them finite")
            own = slope @ own
            sign, more = torch.linalg.slogdet(slope)
            size, turned = size + more, turned | (sign < 0)
        jacobian[:, :a] = own @ jacobian[:, :a]
        if not finite(jacobian):
            raise InputError("run", "particles beyond the finite numbers", "a run that keeps them finite")
        log_det.append(log_det[-1] + size)
        folded.append(turned)
        values.append(torch.linalg.svdvals(own))
        stretch.append(spectral_norm(jacobian if code is None else jacobian @ code))
        if n == half - 1:
            arrived, x = x, resize(x[None, :k], width)[0]
            # σ_max(D E) = σ_max(D Rᵀ) with Eᵀ = Q R: k columns instead of d.
            code = torch.linalg.qr(jacobian[:, :k].mT, mode="r").R.mT
            jacobian = torch.eye(width, k, dtype=x.dtype).repeat(count, 1, 1)
            log_det.append(x.new_zeros(count))
            stretch.append(spectral_norm(code))
    decoder = spectral_norm(jacobian) if len(layers) > half else x.new_full((count,), torch.nan)
    return _Passage(
        torch.stack(log_det),
        torch.stack(stretch),
        torch.stack([each[:, -1] for each in values]),
        torch.stack([each[:, 0] for each in values]),
        torch.stack(folded),
        decoder,
        arrived,
        torch.stack(speed),
        [*states, x],
        moves,
    )


# ---- pairs of particles


def _approach(passed: _Passage, report: Report) -> tuple[Array, Array]:
    """How near pairs of particles come in each layer, (L,), and how many meet, (L,)."""
    count, substeps = passed.arrived.shape[1], len(passed.moves) // len(passed.smallest)
    depth = len(passed.smallest)
    pairs = torch.triu_indices(count, count, 1)
    closest, crossed = np.full(depth, np.nan), np.zeros(depth, int)
    parts = list(blocks(pairs.shape[1], 6 * 8 * len(passed.arrived)))
    for i, (x, move) in enumerate(zip(passed.states, passed.moves, strict=False)):
        n = i // substeps
        for part in parts:
            report(0.7 + 0.15 * n / depth, f"Layer {n + 1} of {depth}: pairs of particles.")
            ratio = _ratio(x, move, *pairs[:, part])
            crossed[n] += int((ratio <= MEETING).sum())
            if len(ratio):
                closest[n] = np.fmin(closest[n], float(ratio.min()))
    return closest, crossed


def _ratio(x: Tensor, move: Tensor, one: Tensor, other: Tensor) -> Tensor:
    """Smallest distance during the straight step as a share of that at its start, of pairs that are apart."""
    gap, change = x[:, one] - x[:, other], move[:, one] - move[:, other]
    apart, squares, a = gap.square().sum(0), change.square().sum(0), len(move)
    share = (-(gap[:a] * change).sum(0) / squares).nan_to_num(0.0).clamp(0, 1)
    least = change.mul_(share).add_(gap[:a]).square().sum(0) + gap[a:].square().sum(0)
    return (least / apart).sqrt()[apart > 0]


# ---- the ODE


def _volumes(arch: Architecture, layers: list[Layer], steep: Array, x: Tensor, report: Report) -> Tensor:
    """∫ tr ∂_x F dt (F, n) along the ODE's trajectories of particles (d, n), from 0 again at T/2."""
    half = arch.depth // 2
    log, found = x.new_zeros(1, x.shape[1]), [x.new_zeros(x.shape[1])]
    for n, layer in enumerate(layers):
        report(0.85 + 0.15 * n / len(layers), f"Layer {n + 1} of {len(layers)}: the ODE's volume.")
        a, known = arch.counts[n], np.isfinite(steep[n])
        wanted = np.ceil(PER_BOUND * steep[n]) if known else MOST_SUBSTEPS
        substeps = int(np.clip(wanted, FEWEST_SUBSTEPS, MOST_SUBSTEPS))

        def velocity(_: int, state: Tensor, layer: Layer = layer) -> Tensor:
            point = arch.field.at(layer, state[None, :-1])
            return torch.cat([point.velocity[0], point.divergence()[None]])

        state = torch.cat([x[:a], log])
        for _ in range(substeps):
            state = SCHEMES["rk4"].advance(velocity, state, arch.step / substeps)
        x, log = torch.cat([state[:a], x[a:]]), state[a:]
        found.append(log[0])
        if n == half - 1:
            x, log = resize(x[None, : arch.bottleneck], arch.width)[0], torch.zeros_like(log)
            found.append(log[0])
    return torch.stack(found)


# ---- numbers


def _quantiles(values: Tensor) -> Array:
    """Quantiles (q, F) of values (F, n): each is one of them, so that -inf stays what it is."""
    return np.asarray(np.quantile(values.numpy(), LEVELS, axis=1, method="inverted_cdf"))


def _lipschitz(growth: Array, half: int, bottleneck: int, passed: _Passage) -> dict[str, tuple[float, float]]:
    """Lower and upper bound of the Lipschitz constant of encoder, decoder and the whole map."""
    with np.errstate(over="ignore"):
        encoder, decoder = float(np.prod(growth[:half])), float(np.prod(growth[half:]))
    start, code, end = passed.states[0], passed.arrived[:bottleneck], passed.states[-1]
    return {
        "encoder": (_steepest(passed.stretch[half + 1], start, code), encoder),
        "decoder": (_steepest(passed.decoder, code, end), decoder if len(growth) > half else float("nan")),
        "whole": (_steepest(passed.stretch[-1], start, end), encoder * decoder),
    }


def _steepest(stretch: Tensor, before: Tensor, after: Tensor) -> float:
    """The largest singular value at particles, (n,), or quotient of two's distances after and before."""
    apart, away = (torch.pdist(places.T) for places in (before, after))
    far = apart > APART * apart.amax() if len(apart) else apart > 0
    return float(torch.cat([stretch, away[far] / apart[far]]).max())
