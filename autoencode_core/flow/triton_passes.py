"""Single passes over the tensors of one layer on a GPU, between the library's products.

Tensors are (R, h, N), or (h, N) for one regime, with the particles one after the other in memory. Each has
its own distances between rows and between regimes, so that the leading rows of larger tensors serve too. What
is not finite comes out so where torch's own operators say so. Compiled anew is for another nonlinearity,
precision or size of block only, and where rows begin at multiples of 16 numbers, which are read in larger
pieces.

Importing this module needs Triton.
"""

import triton
import triton.language as tl

from autoencode_core.flow.triton_nonlinearities import CODES as CODES
from autoencode_core.flow.triton_nonlinearities import IDENTITY, RELU, slope_of, value_of


@triton.jit(do_not_specialize=["b", "rows", "z_regime", "b_regime", "b_row", "x_regime", "out_regime"])
def activate(
    z,
    b,
    x,
    out,
    step: tl.float64,
    rows,
    columns,
    z_regime,
    z_row,
    b_regime,
    b_row,
    x_regime,
    x_row,
    out_regime,
    out_row,
    SIGMA: tl.constexpr,
    KEEPS: tl.constexpr,
    MOVES: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """The activation of a layer, or one Euler step along it; a program for each row and block of columns.

    Args:
        z: products W x, (R, h, N); overwritten by z + b with KEEPS, else by σ(z + b).
        b: biases, (R, h, 1).
        x: states, (R, h, N), read with MOVES only.
        out: x + step σ(z + b) with MOVES, else σ(z + b) with KEEPS, else not touched.
        step: δ; not of Triton's own choice, which is float32.
        rows: h.
        columns: N.
        z_regime: rows of z from one regime to the next; 0 for one regime.
        z_row: numbers from one row to the next.
        b_regime: numbers of b from one regime to the next.
        b_row: as z_row.
        x_regime: as z_regime.
        x_row: as z_row.
        out_regime: as z_regime.
        out_row: as z_row.
        SIGMA: number of the nonlinearity.
        KEEPS: whether the way back wants z + b.
        MOVES: whether a state is moved.
        BLOCK: columns of a program.
    """
    blocks = (columns + BLOCK - 1) // BLOCK
    line = tl.program_id(0) // blocks
    regime, row = (line // rows).to(tl.int64), (line % rows).to(tl.int64)
    j = tl.program_id(0) % blocks * BLOCK + tl.arange(0, BLOCK)
    real = j < columns
    place = z + (regime * z_regime + row) * z_row + j
    entered = tl.load(place, mask=real, other=0.0) + tl.load(b + regime * b_regime + row * b_row)
    y = value_of(entered, SIGMA)
    tl.store(place, entered if KEEPS else y, mask=real)
    if MOVES:
        start = tl.load(x + (regime * x_regime + row) * x_row + j, mask=real, other=0.0)
        y = start + tl.full((BLOCK,), step, y.dtype) * y
    if MOVES or KEEPS:
        tl.store(out + (regime * out_regime + row) * out_row + j, y, mask=real)


@triton.jit(do_not_specialize=["sums", "rows", "y_regime", "p_regime", "sums_regime", "sums_row"])
def pulled(
    y,
    p,
    sums,
    rows,
    columns,
    y_regime,
    y_row,
    p_regime,
    p_row,
    sums_regime,
    sums_row,
    SIGMA: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """The costate back through σ and its sums; a program for each row, which no other row changes.

    Args:
        y: what `activate` left in z, (R, h, N); overwritten by σ' p.
        p: costates of the values, (R, h, N).
        sums: Σ_j of what is written, (R, h, 1).
        rows: h.
        columns: N.
        y_regime: rows of y from one regime to the next; 0 for one regime.
        y_row: numbers from one row to the next.
        p_regime: as y_regime.
        p_row: as y_row.
        sums_regime: numbers of sums from one regime to the next.
        sums_row: as y_row.
        SIGMA: number of the nonlinearity.
        BLOCK: columns taken at once.
    """
    regime, row = (tl.program_id(0) // rows).to(tl.int64), (tl.program_id(0) % rows).to(tl.int64)
    into, given = y + (regime * y_regime + row) * y_row, p + (regime * p_regime + row) * p_row
    total = tl.full((BLOCK,), 0.0, y.dtype.element_ty)
    for first in range(0, columns, BLOCK):
        j = first + tl.arange(0, BLOCK)
        real = j < columns
        kept = tl.load(into + j, mask=real, other=0.0)
        behind = tl.load(given + j, mask=real, other=0.0)
        if SIGMA == RELU:
            behind = tl.where(kept <= 0, 0.0, behind)
        elif SIGMA != IDENTITY:
            behind *= slope_of(kept, kept, SIGMA)
        tl.store(into + j, behind, mask=real)
        total += behind
    tl.store(sums + regime * sums_regime + row * sums_row, tl.sum(total, 0))
