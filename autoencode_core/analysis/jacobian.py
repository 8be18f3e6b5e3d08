"""The geometry of a run's maps: determinants, stretching, folds and crossings, beside those of its ODE."""

from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from autoencode_core.analysis.particles import Array, Report, blocks, silent
from autoencode_core.analysis.spectrum import Place, finite
from autoencode_core.errors import InputError
from autoencode_core.flow.activations import NONLINEARITIES
from autoencode_core.flow.architecture import Architecture, resize
from autoencode_core.flow.control import Layer
from autoencode_core.flow.solvers import solver
from autoencode_core.training.run import Run

LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""The quantiles over particles that are given back."""
MOST_PARTICLES = 1000
MOST_NUMBERS = 2**24
"""Most entries n d² of all particles' Jacobians; of more particles fewer are taken."""
MOST_WORK = 1.5e10
"""Most cubes of widths that the decompositions of all particles may add up to; likewise."""
STEEPEST_SLOPE = 1.0
"""sup |σ'|, the same for every σ that there is."""
BOUNDED = ("tanh", "sin")
"""Every σ with a bound; it is sup |σ| = 1."""
MEETING = 1e-12
"""Two particles meet when their distance falls below that share of itself: rounding."""
APART = 1e-6
"""Pairs of particles nearer than that share of the largest distance say nothing of a Lipschitz constant."""
PER_BOUND, FEWEST_SUBSTEPS, MOST_SUBSTEPS = 8, 4, 64
"""RK4 takes so many sub-steps for each unit of δ Lip(F_n), within these limits."""


def geometry(run: Run, particles: int = 200, report: Report | None = None) -> dict[str, Any]:
    """Jacobians of the network along its training particles, and what the flow of an ODE could not do.

    Components that are inactive stand still, so the determinant on R^d is that of the active blocks. An even
    number of eigenvalues of I + s δ ∂F that pass through 0 leaves the sign of det as it was: `folded` is the
    least share of particles whose straight step is folded.

    Args:
        run: the run.
        particles: how many n of the training particles, evenly chosen, 1 to 1000.
        report: progress.

    Returns:
        L is the number of controlled layers (classify: those of the encoder), F = L + 2 frames: X_0, ..., X_E
        before the projection, X_E after it, ... All in flow coordinates.
        edges (L+1,), t_n; times (F,), T/2 twice; counts (L,), a_n; levels (q,), of the quantiles;
        log_det (q, F), log|det| of X_0 -> X_n in the encoder, of X_{L/2} -> X_n in the decoder (there from 0
        again), -inf for a singular map; log_volume (q, F), what it tends to as δ -> 0 with the same control,
        NaN where the ODE leaves the finite numbers;
        smallest, largest (L,), singular values of I + δ ∂F_n (active block) over the particles;
        folded (L,), share of particles with det(I + δ ∂F_n) < 0: neighbouring trajectories meet there;
        bound (L,), δ × an upper bound of Lip(F_n): below 1 the layer is invertible and nothing crosses in it;
        closest (L,), smallest distance of two particles during the straight step as a share of that at its
        start, NaN where no two are apart; crossed (L,), how many pairs meet (in more than one moving
        dimension hardly ever one);
        stretch (F,), largest singular value over particles of X_0 -> X_n, in the decoder through the code;
        lipschitz_encoder (of x -> z), lipschitz_decoder (of z -> X_L, NaN without one), lipschitz_whole: the
        larger of that and of how far a pair of particles is pulled apart, lower bounds of the Lipschitz
        constants; lipschitz_bound_encoder, _decoder, _whole: upper bounds, products of 1 + bound;
        speed (L,), largest |component of F_n| over particles; speed_limit, what no component can exceed
        anywhere: 1 for a bounded σ in a single layer, max over layers and components of Σ_j |V_ij| in two,
        NaN for an unbounded σ; reach = speed_limit T/2; half_horizon, T/2; moved, largest
        |x_i(T/2) - x_i(0)| over particles and components, before the projection; particles, n; note.

    Raises:
        InputError: the run diverged or its particles leave the finite numbers, or particles is out of bounds.

    Source:
        theory.md section 2. Liouville: d/dt log det D X = tr ∂_x F along the flow of an ODE.
    """
    whole = isinstance(particles, int) and not isinstance(particles, bool)
    if not whole or not 1 <= particles <= MOST_PARTICLES:
        raise InputError("particles", particles, f"a whole number from 1 to {MOST_PARTICLES}")
    report = report or silent
    report(0.0, "Loading the particles.")
    with torch.no_grad():
        place = Place(run)
        arch, (x, words) = place.model.architecture, _chosen(place, particles)
        layers = [layer.of(0) for layer in arch.shape.layers(place.model.control.vector[None])]
        bound = _bounds(arch, layers, report)
        passed = _passed(arch, layers, x, report)
        closest, crossed = _approach(passed, report)
        volumes = _volumes(arch, layers, bound, x, report)
    said = [place.note, words, *_remarks(arch, volumes, closest, bound)]
    limit = _speed_limit(arch, layers)
    half = arch.depth // 2
    edges = arch.step * np.arange(len(layers) + 1)
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
        **_lipschitz_bounds(bound, half, arch.bottleneck, passed),
        "speed": np.array([float(move.abs().max()) / arch.step for move in passed.moves]),
        "speed_limit": limit,
        "reach": limit * arch.horizon / 2,
        "half_horizon": arch.horizon / 2,
        "moved": float((passed.arrived - x).abs().max()),
        "particles": x.shape[1],
        "note": " ".join(filter(None, said)),
    }


def _chosen(place: Place, particles: int) -> tuple[Tensor, str]:
    """Some particles (d, n), engine order, as many as memory and time allow, and words if these are fewer."""
    arch, there = place.model.architecture, place.x.shape[2]
    layers = sum(a**3 for a in arch.shape.counts) * (1 + arch.expansion / 4)
    cubes = layers + arch.depth // 2 * arch.width**3
    most = max(1, int(min(MOST_NUMBERS // arch.width**2, MOST_WORK // cubes)))
    wanted = min(particles, there)
    count = min(wanted, most)
    rows = torch.linspace(0, there - 1, count, dtype=torch.float64).round().long()
    words = f"The Jacobians of {arch.width} components are taken at {count} particles instead of {wanted}."
    return place.x[0][:, rows], words if count < wanted else ""


def _remarks(arch: Architecture, volumes: Tensor, closest: Array, bound: Array) -> list[str]:
    """What a person must know of the answer."""
    said = list[str]()
    if volumes.shape[1] == 1:
        said.append("One particle: there are no two trajectories to compare.")
    elif np.isnan(closest).any():
        said.append("In some layers all particles are in one place: no two trajectories to compare.")
    if arch.field.activation not in BOUNDED:
        said.append(f"σ = {arch.field.activation} has no bound: the field sets no speed limit.")
    if not finite(volumes):
        said.append("Particles of the ODE leave the finite numbers: its volume is not known there.")
    elif bound.max() * PER_BOUND > MOST_SUBSTEPS:
        said.append(f"δ Lip(F) may be as large as {bound.max():.3g}: there the ODE's volume is less certain.")
    return said


# ---- one layer


def linearised(layer: Layer, activation: str, x: Tensor, step: float) -> tuple[Tensor, Tensor]:
    """A layer's step and its Jacobian, of the active block.

    Args:
        layer: its control; a active components.
        activation: name of σ.
        x: active states (a, n).
        step: δ.

    Returns:
        δ F (a, n) and δ ∂_x F (n, a, a).
    """
    y, slope = NONLINEARITIES[activation].with_slope(torch.addmm(layer.b, layer.W, x))
    slope = step * slope.T
    if layer.V is None:
        return step * y, slope[:, :, None] * layer.W
    return step * (layer.V @ y), (layer.V * slope[:, None, :]) @ layer.W


def _bounds(arch: Architecture, layers: list[Layer], report: Report) -> Array:
    """δ × an upper bound of Lip(F_n) of every layer, (L,)."""
    found = list[float]()
    for n, (W, _, V) in enumerate(layers):
        report(0.05 * n / len(layers), f"Layer {n + 1} of {len(layers)}: norms of the control.")
        norms = _stretch(W[None]) * (1.0 if V is None else _stretch(V.mT[None]))
        found.append(arch.step * STEEPEST_SLOPE * float(norms))
    return np.array(found)


def _speed_limit(arch: Architecture, layers: list[Layer]) -> float:
    """What no component of any F_n exceeds, NaN when σ has no bound."""
    if arch.field.activation not in BOUNDED:
        return float("nan")
    return max(1.0 if layer.V is None else float(layer.V.abs().sum(1).max()) for layer in layers)


# ---- the network


class _Passage(NamedTuple):
    """What the network does to particles, which are the last axis of all but jacobian.

    Attributes:
        log_det, stretch: (F, n).
        smallest, largest, folded: (L, n).
        decoder: largest singular value of z -> X_L, (n,), NaN without a decoder.
        arrived: X_E before the projection, (d, n).
        states: X_n at the start of each layer, (d, n) each.
        moves: δ F_n, (a_n, n) each.
    """

    log_det: Tensor
    stretch: Tensor
    smallest: Tensor
    largest: Tensor
    folded: Tensor
    decoder: Tensor
    arrived: Tensor
    states: list[Tensor]
    moves: list[Tensor]


def _passed(arch: Architecture, layers: list[Layer], x: Tensor, report: Report) -> _Passage:
    """The passage of particles (d, n), block by block."""
    each = 8 * arch.width**2 * (6 + arch.expansion)
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
    values, signs = list[Tensor](), list[Tensor]()
    states, moves, arrived = list[Tensor](), list[Tensor](), x
    for n, layer in enumerate(layers):
        report(0.05 + 0.65 * share, f"Layer {n + 1} of {len(layers)}: Jacobians of {count} particles.")
        a = arch.counts[n]
        move, slope = linearised(layer, arch.field.activation, x[:a], arch.step)
        states.append(x)
        moves.append(move)
        x = torch.cat([x[:a] + move, x[a:]])
        jacobian[:, :a] += slope @ jacobian[:, :a]
        if not finite(x) or not finite(jacobian):
            raise InputError("run", "particles beyond the finite numbers", "a run that keeps them finite")
        slope.diagonal(dim1=1, dim2=2).add_(1.0)
        sign, size = torch.linalg.slogdet(slope)
        log_det.append(log_det[-1] + size)
        signs.append(sign)
        values.append(torch.linalg.svdvals(slope))
        stretch.append(_stretch(jacobian if code is None else jacobian @ code))
        if n == half - 1:
            arrived, x = x, resize(x[None, :k], width)[0]
            # σ_max(D E) = σ_max(D Rᵀ) with Eᵀ = Q R: k columns instead of d.
            code = torch.linalg.qr(jacobian[:, :k].mT, mode="r").R.mT
            jacobian = torch.eye(width, k, dtype=x.dtype).repeat(count, 1, 1)
            log_det.append(x.new_zeros(count))
            stretch.append(_stretch(code))
    decoder = _stretch(jacobian) if len(layers) > half else x.new_full((count,), torch.nan)
    return _Passage(
        torch.stack(log_det),
        torch.stack(stretch),
        torch.stack([each[:, -1] for each in values]),
        torch.stack([each[:, 0] for each in values]),
        torch.stack(signs) < 0,
        decoder,
        arrived,
        [*states, x],
        moves,
    )


def _stretch(maps: Tensor) -> Tensor:
    """Largest singular values (n,) of maps (n, i, j), i >= j."""
    # Divided by its size first: squares of large entries would leave the finite numbers.
    size = maps.abs().amax((1, 2)).clamp(min=torch.finfo(maps.dtype).tiny)
    scaled = maps / size[:, None, None]
    squares: Tensor = torch.linalg.eigvalsh(scaled.mT @ scaled)[:, -1]
    return size * squares.clamp(min=0).sqrt()


# ---- pairs of particles


def _approach(passed: _Passage, report: Report) -> tuple[Array, Array]:
    """How near pairs of particles come in each layer, (L,), and how many meet, (L,)."""
    count, depth = passed.arrived.shape[1], len(passed.moves)
    pairs = torch.triu_indices(count, count, 1)
    closest, crossed = np.full(depth, np.nan), np.zeros(depth, int)
    parts = list(blocks(pairs.shape[1], 6 * 8 * len(passed.arrived)))
    for n, (x, move) in enumerate(zip(passed.states, passed.moves, strict=False)):
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


def _volumes(arch: Architecture, layers: list[Layer], bound: Array, x: Tensor, report: Report) -> Tensor:
    """∫ tr ∂_x F dt (F, n) along the ODE's trajectories of particles (d, n), from 0 again at T/2."""
    half = arch.depth // 2
    log, found = x.new_zeros(1, x.shape[1]), [x.new_zeros(x.shape[1])]
    for n, layer in enumerate(layers):
        report(0.85 + 0.15 * n / len(layers), f"Layer {n + 1} of {len(layers)}: the ODE's volume.")
        a = arch.counts[n]
        substeps = int(np.clip(np.ceil(PER_BOUND * bound[n]), FEWEST_SUBSTEPS, MOST_SUBSTEPS))
        take, flow, state = solver("rk4", substeps), _Divergence(arch, layer), torch.cat([x[:a], log])
        for _ in range(substeps):
            state = take(flow, state, arch.step / substeps)
        x, log = torch.cat([state[:a], x[a:]]), state[a:]
        found.append(log[0])
        if n == half - 1:
            x, log = resize(x[None, : arch.bottleneck], arch.width)[0], torch.zeros_like(log)
            found.append(log[0])
    return torch.stack(found)


class _Divergence:
    """The velocity of (x, log volume), x the active block: F and tr ∂_x F.

    Args:
        arch: architecture.
        layer: one layer's control, without regimes.
    """

    def __init__(self, arch: Architecture, layer: Layer) -> None:
        self.layer, self.sigma = layer, NONLINEARITIES[arch.field.activation]
        own = layer.W.diagonal() if layer.V is None else (layer.V.T * layer.W).sum(1)
        self.weights = own[None]

    def __call__(self, state: Tensor) -> Tensor:
        W, b, V = self.layer
        y, slope = self.sigma.with_slope(torch.addmm(b, W, state[:-1]))
        return torch.cat([y if V is None else V @ y, self.weights @ slope])


# ---- numbers


def _quantiles(values: Tensor) -> Array:
    """Quantiles (q, F) of values (F, n): each is one of them, so that -inf stays what it is."""
    return np.asarray(np.quantile(values.numpy(), LEVELS, axis=1, method="inverted_cdf"))


def _lipschitz_bounds(bound: Array, half: int, bottleneck: int, passed: _Passage) -> dict[str, float]:
    """Lower and upper bounds of the Lipschitz constants of encoder, decoder and the whole map."""
    with np.errstate(over="ignore"):
        encoder, decoder = float(np.prod(1 + bound[:half])), float(np.prod(1 + bound[half:]))
        upper = {"encoder": encoder, "decoder": decoder, "whole": encoder * decoder}
    if len(bound) == half:
        upper["decoder"] = float("nan")
    start, code, end = passed.states[0], passed.arrived[:bottleneck], passed.states[-1]
    lower = {
        "encoder": (passed.stretch[half + 1], start, code),
        "decoder": (passed.decoder, code, end),
        "whole": (passed.stretch[-1], start, end),
    }
    return dict(
        chain(
            ((f"lipschitz_{name}", _steepest(*where)) for name, where in lower.items()),
            ((f"lipschitz_bound_{name}", value) for name, value in upper.items()),
        )
    )


def _steepest(stretch: Tensor, before: Tensor, after: Tensor) -> float:
    """The largest singular value at particles, (n,), or quotient of two's distances after and before."""
    apart, away = (torch.pdist(places.T) for places in (before, after))
    far = apart > APART * apart.amax() if len(apart) else apart > 0
    return float(torch.cat([stretch, away[far] / apart[far]]).max())
