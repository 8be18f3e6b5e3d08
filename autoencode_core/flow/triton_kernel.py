"""The whole sweep of narrow nets on a GPU: one program takes particles through all layers and back.

Both fields are sums over hidden units, F(x) = Σ_u v_u σ(w_u·x + b_u), where unit u of the single-layer field
drives component u alone. So a program, which is one warp, goes unit by unit: the state of its particles and
their costate stay in registers, (components, particles) with the particles along the lanes, and the states
that entered the layers wait in its own piece of `scratch`. What depends on the run (depth, active components,
sub-steps, tableau, particles) is read at run time; compiled anew is only for another field, nonlinearity,
number of stages, precision, or width beyond a power of two.

Importing this module needs Triton.
"""

import triton
import triton.language as tl

from autoencode_core.flow.triton_nonlinearities import CODES as CODES
from autoencode_core.flow.triton_nonlinearities import SIN, slope_of, value_of

LAYER = tl.constexpr(4)
"""Numbers that describe a layer: active components, hidden units, where its control starts, and how many
components live on after it."""


@triton.jit
def _of_unit(control, u, x, a, h, D: tl.constexpr):
    """What enters unit u, z = w_u·x + b_u, (BLOCK,)."""
    rows = tl.arange(0, D)
    w = tl.load(control + u * a + rows, mask=rows < a, other=0.0)
    return tl.load(control + h * a + u) + tl.sum(w[:, None] * x, 0)


@triton.jit
def _driven(speed, control, u, x, a, h, live, TWO: tl.constexpr, SIGMA: tl.constexpr, D: tl.constexpr):
    """The velocity with what unit u drives: v_u σ(z) more, or σ(z) in row u."""
    rows = tl.arange(0, D)
    y = value_of(_of_unit(control, u, x, a, h, D), SIGMA)
    if TWO:
        v = tl.load(control + h * a + h + rows * h + u, mask=rows < live, other=0.0)
        speed += v[:, None] * y[None, :]
    else:
        speed = tl.where(rows[:, None] == u, y[None, :], speed)
    return speed


@triton.jit
def _velocity(
    control, x, a, h, live, TWO: tl.constexpr, SIGMA: tl.constexpr, UNROLL: tl.constexpr, D: tl.constexpr
):
    """F(x) in the first `live` of a active components, (D, BLOCK).

    The control of a layer is W (h, a), b (h,) and, in the two-layer field, V (a, h).
    """
    speed = tl.full(x.shape, 0.0, x.dtype)
    units = tl.where(live > 0, h, 0) if TWO else live
    if UNROLL:
        for u in tl.static_range(D):
            if u < units:
                speed = _driven(speed, control, u, x, a, h, live, TWO, SIGMA, D)
    else:
        for u in range(units):
            speed = _driven(speed, control, u, x, a, h, live, TWO, SIGMA, D)
    return speed


@triton.jit
def _back_of_unit(
    back, control, into, u, x, q, a, h, live, TWO: tl.constexpr, SIGMA: tl.constexpr, D: tl.constexpr
):
    """(∂_x F)^T q with the part of unit u; the unit's part of the gradient is added to `into`."""
    rows = tl.arange(0, D)
    w = tl.load(control + u * a + rows, mask=rows < a, other=0.0)
    into_w, into_b = into + u * a + rows, into + h * a + u
    had_w, had_b = tl.load(into_w, mask=rows < a, other=0.0), tl.load(into_b)
    z = _of_unit(control, u, x, a, h, D)
    y = value_of(z, SIGMA)
    if TWO:
        v = tl.load(control + h * a + h + rows * h + u, mask=rows < live, other=0.0)
        into_v = into + h * a + h + rows * h + u
        had_v = tl.load(into_v, mask=rows < live, other=0.0)
        tl.store(into_v, had_v + tl.sum(q * y[None, :], 1), mask=rows < live)
        behind = tl.sum(v[:, None] * q, 0)
    else:
        behind = tl.sum(tl.where(rows[:, None] == u, q, 0.0), 0)
    behind *= slope_of(z, y, SIGMA)
    tl.store(into_w, had_w + tl.sum(x * behind[None, :], 1), mask=rows < a)
    tl.store(into_b, had_b + tl.sum(behind, 0))
    return back + w[:, None] * behind[None, :]


@triton.jit
def _pulled(
    control,
    into,
    x,
    q,
    a,
    h,
    live,
    TWO: tl.constexpr,
    SIGMA: tl.constexpr,
    UNROLL: tl.constexpr,
    D: tl.constexpr,
):
    """(∂_x F)^T q, (D, BLOCK); Σ_j (∂_θ F)^T q is added to `into`.

    Of q the first `live` components count, and the others must be 0.
    """
    back = tl.full(x.shape, 0.0, x.dtype)
    units = h if TWO else live
    if UNROLL:
        for u in tl.static_range(D):
            if u < units:
                back = _back_of_unit(back, control, into, u, x, q, a, h, live, TWO, SIGMA, D)
    else:
        for u in range(units):
            back = _back_of_unit(back, control, into, u, x, q, a, h, live, TWO, SIGMA, D)
    return back


@triton.jit
def _combined(total, weights, parts, first, last, alive, D: tl.constexpr, BLOCK: tl.constexpr):
    """The total with Σ_j w_j parts_j, j from first to before last; what has weight 0 is not read."""
    place = tl.arange(0, D)[:, None] * BLOCK + tl.arange(0, BLOCK)[None, :]
    for j in range(first, last):
        w = tl.load(weights + j)
        if w != 0:
            total += w * tl.load(parts + j * D * BLOCK + place, mask=alive, other=0.0)
    return total


@triton.jit
def _through(
    control,
    x,
    a,
    h,
    live,
    moves,
    substeps,
    speeds,
    points,
    KEEP: tl.constexpr,
    STAGES: tl.constexpr,
    TWO: tl.constexpr,
    SIGMA: tl.constexpr,
    UNROLL: tl.constexpr,
    D: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """The state at a layer's end, (D, BLOCK), or with KEEP the states of all its evaluations in `points`."""
    place = tl.arange(0, D)[:, None] * BLOCK + tl.arange(0, BLOCK)[None, :]
    alive = tl.arange(0, D)[:, None] < a
    for i in range(substeps):
        end = x
        for s in range(STAGES):
            at = _combined(x, moves + s * STAGES, speeds, 0, s, alive, D, BLOCK)
            if KEEP:
                tl.store(points + (i * STAGES + s) * D * BLOCK + place, at, mask=alive)
            # The last velocity of a component that is dropped at the layer's end reaches nobody.
            last = (i == substeps - 1) & (s == STAGES - 1)
            speed = _velocity(control, at, a, h, tl.where(last, live, a), TWO, SIGMA, UNROLL, D)
            if STAGES > 1:
                if s < STAGES - 1:
                    tl.store(speeds + s * D * BLOCK + place, speed, mask=alive)
                tl.debug_barrier()
            w = tl.load(moves + STAGES * STAGES + s)
            if w != 0:
                end += w * speed
        x = end
    return tl.where(tl.arange(0, D)[:, None] < live, x, 0.0)


@triton.jit
def _back_through(
    control,
    into,
    x,
    p,
    a,
    h,
    live,
    step,
    shares,
    substeps,
    points,
    backs,
    STAGES: tl.constexpr,
    TWO: tl.constexpr,
    SIGMA: tl.constexpr,
    UNROLL: tl.constexpr,
    D: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """The costate at a layer's start, (D, BLOCK); the layer's part of the gradient is added to `into`."""
    place = tl.arange(0, D)[:, None] * BLOCK + tl.arange(0, BLOCK)[None, :]
    alive = tl.arange(0, D)[:, None] < a
    points_of_layer = substeps * STAGES
    for i in range(substeps):
        total = p
        for k in range(STAGES):
            s = STAGES - 1 - k
            point = points_of_layer - 1 - i * STAGES - k
            at = x
            if point > 0:
                at = tl.load(points + point * D * BLOCK + place, mask=alive, other=0.0)
            share = shares + s * (STAGES + 1)
            w = tl.load(share + STAGES)
            q = tl.where(w != 0, w * p, 0.0)
            q = _combined(q, share, backs, s + 1, STAGES, alive, D, BLOCK)
            last = (i == 0) & (k == 0)
            back = step * _pulled(control, into, at, q, a, h, tl.where(last, live, a), TWO, SIGMA, UNROLL, D)
            total += back
            if STAGES > 1:
                tl.store(backs + s * D * BLOCK + place, back, mask=alive)
            tl.debug_barrier()  # what one lane wrote, gradients above all, another may read
        p = total
    return p


@triton.jit(do_not_specialize=range(24))
def sweep(
    theta,
    x,
    y,
    layers,
    moves,
    shares,
    scales,
    scratch,
    partial,
    regimes,
    chunks,
    depth,
    substeps,
    size,
    particles,
    driven,
    x_regime,
    x_row,
    x_column,
    y_regime,
    y_row,
    y_column,
    room,
    workers,
    WANTED: tl.constexpr,
    STAGES: tl.constexpr,
    TWO: tl.constexpr,
    SIGMA: tl.constexpr,
    D: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Partial sums of squared residuals and loss gradient, one row for each task (regime, chunk).

    A task takes every `chunks`-th block of its regime's particles, and a program every `workers`-th task, so
    that no sum depends on how many regimes or programs there are.

    Args:
        theta: controls, (R, P).
        x: starts, (R or 1, d, N).
        y: targets, (R or 1, a, N).
        layers: what `LAYER` says of each controlled layer, (L, 4) int32.
        moves: h a_sj, and in the last row h b_j, (S + 1, S).
        shares: what q_s takes of each ℓ_j and of p: a_js / r, and in the last column b_s / r, (S, S + 1).
        scales: δ and 2/N.
        scratch: for each program the states that entered the layers, those of one layer's evaluations, the
            velocities and the ℓ of one sub-step, in pieces of D BLOCK numbers, `room` of them.
        partial: (R chunks, P + a), where gradients are not wanted (R chunks, a).
        regimes: R.
        chunks: tasks of a regime.
        depth: L, the controlled layers.
        substeps: r.
        size: P.
        particles: N.
        driven: a, the rows of y.
        x_regime: stride of x over regimes, 0 where they share the particles.
        x_row: over components.
        x_column: over particles.
        y_regime: stride of y, alike.
        y_row: alike.
        y_column: alike.
        room: as `scratch` says.
        workers: programs.
        WANTED: whether gradients are wanted.
        STAGES: S.
        TWO: whether the field has two layers.
        SIGMA: number of the nonlinearity.
        D: d, or the next power of two.
        BLOCK: particles of a block.

    Source:
        docs/theory.md, section 3.
    """
    # Where units are unrolled, to choose a unit's row of the registers costs nothing; but the code grows.
    UNROLL: tl.constexpr = not TWO and D <= 4 and STAGES == 1 and SIGMA != SIN
    rows, lanes = tl.arange(0, D), tl.arange(0, BLOCK)
    place = rows[:, None] * BLOCK + lanes[None, :]
    entries = scratch + tl.program_id(0).to(tl.int64) * room * D * BLOCK
    points = entries + depth * D * BLOCK if WANTED else entries
    speeds = points + substeps * STAGES * D * BLOCK if WANTED else entries
    backs = speeds + STAGES * D * BLOCK
    step, weight = tl.load(scales), tl.load(scales + 1)
    columns = size + driven if WANTED else driven
    blocks = (particles + BLOCK - 1) // BLOCK
    for task in range(tl.program_id(0), regimes * chunks, workers):
        regime, chunk = (task // chunks).to(tl.int64), task % chunks
        control, into = theta + regime * size, partial + (regime * chunks + chunk) * columns
        if WANTED:
            for first in range(0, size, BLOCK):
                tl.store(into + first + lanes, tl.full((BLOCK,), 0.0, step.dtype), mask=first + lanes < size)
        squares = tl.full((D,), 0.0, step.dtype)
        for block in range(chunk, blocks, chunks):
            # Beyond the last particle that one again: so nothing overflows there alone.
            real = (block * BLOCK + lanes < particles)[None, :]
            j = tl.minimum(block * BLOCK + lanes, particles - 1)[None, :].to(tl.int64)
            width = tl.load(layers)
            i = rows[:, None].to(tl.int64)
            at = x + regime * x_regime + i * x_row + j * x_column
            state = tl.load(at, mask=rows[:, None] < width, other=0.0)
            for n in range(depth):
                a, h = tl.load(layers + n * LAYER), tl.load(layers + n * LAYER + 1)
                begin, live = tl.load(layers + n * LAYER + 2), tl.load(layers + n * LAYER + 3)
                if WANTED:
                    tl.store(entries + n * D * BLOCK + place, state, mask=rows[:, None] < a)
                state = _through(
                    control + begin, state, a, h, live, moves, substeps, speeds, points,
                    False, STAGES, TWO, SIGMA, UNROLL, D, BLOCK,
                )  # fmt: skip
            ours = rows[:, None] < driven
            wish = tl.load(y + regime * y_regime + i * y_row + j * y_column, mask=ours, other=0.0)
            rest = tl.where(ours & real, state - wish, 0.0)
            squares += tl.sum(rest * rest, 1)
            if WANTED:
                p = weight * rest
                tl.debug_barrier()
                for k in range(depth):
                    n = depth - 1 - k
                    a, h = tl.load(layers + n * LAYER), tl.load(layers + n * LAYER + 1)
                    begin, live = tl.load(layers + n * LAYER + 2), tl.load(layers + n * LAYER + 3)
                    state = tl.load(entries + n * D * BLOCK + place, mask=rows[:, None] < a, other=0.0)
                    if substeps * STAGES > 1:
                        _through(
                            control + begin, state, a, h, 0, moves, substeps, speeds, points,
                            True, STAGES, TWO, SIGMA, False, D, BLOCK,
                        )  # fmt: skip
                        tl.debug_barrier()
                    p = tl.where(rows[:, None] < live, p, 0.0)  # what was dropped has costate 0
                    p = _back_through(
                        control + begin, into + begin, state, p, a, h, live, step, shares, substeps,
                        points, backs, STAGES, TWO, SIGMA, UNROLL, D, BLOCK,
                    )  # fmt: skip
                tl.debug_barrier()
        tl.store(into + (columns - driven) + rows, squares, mask=rows < driven)


@triton.jit(do_not_specialize=range(7))
def add_up(
    partial,
    gradient,
    squares,
    chunks,
    size,
    driven,
    columns,
    ROWS: tl.constexpr,
    COLUMNS: tl.constexpr,
):
    """The sums of `sweep` over the chunks of each regime, one after the other.

    Args:
        partial: as there.
        gradient: (R, P), not touched where it is not wanted.
        squares: (R, a).
        chunks: tasks of a regime.
        size: P, or 0 where gradients are not wanted.
        driven: a.
        columns: P + a, or a.
        ROWS: chunks taken at once.
        COLUMNS: columns of one program.
    """
    regime = tl.program_id(0).to(tl.int64)
    column = tl.program_id(1) * COLUMNS + tl.arange(0, COLUMNS)
    chunk = tl.arange(0, ROWS)
    total = tl.full((ROWS, COLUMNS), 0.0, partial.dtype.element_ty)
    for first in range(0, chunks, ROWS):
        row = (regime * chunks + first + chunk)[:, None]
        there = (first + chunk < chunks)[:, None] & (column < columns)[None, :]
        total += tl.load(partial + row * columns + column[None, :], mask=there, other=0.0)
    sums = tl.sum(total, 0)
    tl.store(gradient + regime * size + column, sums, mask=column < size)
    tl.store(squares + regime * driven + column - size, sums, mask=(column >= size) & (column < columns))
