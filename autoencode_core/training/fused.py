"""The engine of narrow nets on a GPU: the whole gradient in one launch, and one more that adds up."""

import importlib
import warnings
from functools import cache
from typing import Any

import torch
from torch import Tensor

from autoencode_core.flow.architecture import Architecture
from autoencode_core.flow.fields import Field, SingleLayer, TwoLayer
from autoencode_core.flow.nonlinearities import NONLINEARITIES
from autoencode_core.training.cuda_graph import CudaGraph

WIDEST, MOST_UNITS = 16, 64
"""Most components, and most hidden units of a layer. A program goes unit by unit, so its time grows with the
units however few the particles are; that of the captured layers does not. Counted in instructions of the
compiled kernel the two meet at about 64 units of 16 components (not measured)."""
KNOWN = {name: NONLINEARITIES[name] for name in ("tanh", "softplus", "relu", "sin", "identity")}
"""The nonlinearities that the kernel knows."""
WARP = 32
"""Particles of a block that a program, one warp, takes at once: one a lane, or several of a narrow net."""
FEW = 2**15
"""Particles up to which a block is half as large as it may be, so that they spread over the whole card."""
IN_FLIGHT = 2**18
"""Particles of all programs at once: sixteen warps on each unit of a large card, four particles a lane."""
REGISTERS = 128
"""Registers of a lane with which sixteen warps fit a unit: enough for four components in float32."""
SCRATCH, PARTIAL = 2**29, 2**28
"""Bytes that the states of all programs, and the partial sums of a launch, may take."""
ADDED = 128, 16
"""Partial sums that one program of the addition reads at once: rows and columns."""
MOST_SWEEPS = 4
"""Sweeps kept laid out, for particles of different numbers."""


class Fused:
    """Sums over particles by the kernel of `flow/triton_kernel.py`.

    Args:
        arch: the architecture; see `suits`.
    """

    def __init__(self, arch: Architecture) -> None:
        self.arch = arch
        self.sweeps: dict[tuple[object, ...], FusedSweep] = {}

    @staticmethod
    def suits(arch: Architecture, dtype: torch.dtype, device: torch.device) -> bool:
        """Whether nets of this architecture are narrow, and field, nonlinearity and tensors the kernel's own.

        Every explicit scheme suits, in any number of sub-steps, in float32 and float64, and any number of
        hidden units of each layer. The device must be NVIDIA's, and Triton run there.
        """
        # Exactly these: a subclass, or another entry of a registry, may compute something else.
        field = arch.field
        known = type(field) in (SingleLayer, TwoLayer) and field.sigma is KNOWN.get(field.activation)
        ours = dtype in (torch.float32, torch.float64) and device.type == "cuda" and torch.version.hip is None
        narrow = arch.width <= WIDEST and units(field, arch.width) <= MOST_UNITS
        return known and ours and narrow and runs_on(device)

    def squares(self, theta: Tensor, x: Tensor, y: Tensor) -> Tensor:
        """Σ_i (X_L - y)² of each component, (R, a), valid until the next call."""
        return self._sweep(theta, x, y, wanted=False)[0]

    def squares_and_gradient(self, theta: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """The same and the loss part of ∇J, (R, P)."""
        return self._sweep(theta, x, y, wanted=True)

    def _sweep(self, theta: Tensor, x: Tensor, y: Tensor, wanted: bool) -> tuple[Tensor, Tensor]:
        key = len(theta), x.shape, y.shape, wanted
        sweep = self.sweeps.get(key)
        if sweep is None:
            if len(self.sweeps) == MOST_SWEEPS:
                self.sweeps.clear()
            sweep = self.sweeps[key] = FusedSweep(self.arch, theta, x, y, wanted)
        return sweep.evaluate(theta, x, y)


class FusedSweep:
    """A sweep laid out once for R regimes of N particles.

    Args:
        arch: the architecture.
        theta, x, y: tensors of the shapes, the precision and the device wanted.
        wanted: whether gradients are.
    """

    def __init__(self, arch: Architecture, theta: Tensor, x: Tensor, y: Tensor, wanted: bool) -> None:
        self.arch, self.wanted, self.particles = arch, wanted, x.shape[2]
        self.plan = plan = Plan(arch, self.particles, theta.element_size(), wanted)
        self.layers = torch.tensor(_layers(arch), dtype=torch.int32, device=theta.device)
        self.moves, self.shares, self.scales = (
            theta.new_tensor(numbers) for numbers in (*_tableau(arch), [arch.step, 2 / self.particles])
        )
        self.rows = plan.regimes_at_once(len(theta))
        self.scratch = theta.new_empty(plan.workers(self.rows) * plan.piece)
        self.partial = theta.new_empty(self.rows * plan.chunks * plan.columns)
        self.gradient = theta.new_empty(len(theta) if wanted else 0, arch.shape.size)
        self.squares = theta.new_empty(len(theta), y.shape[1])
        self.theta = theta.new_empty(theta.shape)
        self.held: tuple[Tensor, Tensor] | None = None
        self.graph: CudaGraph[tuple[Tensor, Tensor]] | None = None

    def evaluate(self, theta: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Squares and gradient, valid until the next call; captured when the same particles come again."""
        if self.held is None or self.held[0] is not x or self.held[1] is not y:
            self.held, self.graph = (x, y), None
            return self._launch(theta.contiguous(), x, y)
        self.theta.copy_(theta)
        if self.graph is None:
            self.graph = CudaGraph(lambda: self._launch(self.theta, x, y), theta.device)
        return self.graph()

    def _launch(self, theta: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        with torch.cuda.device_of(theta):
            for first in range(0, len(theta), self.rows):
                rows = slice(first, min(len(theta), first + self.rows))
                own, towards = (each[rows] if len(each) > 1 else each for each in (x, y))
                self._some(theta[rows], own, towards, self.squares[rows], self.gradient[rows])
        return self.squares, self.gradient

    def _some(self, theta: Tensor, x: Tensor, y: Tensor, squares: Tensor, gradient: Tensor) -> None:
        kernels, plan, arch, regimes = _kernels(), self.plan, self.arch, len(theta)
        workers = plan.workers(regimes)
        kernels.sweep[(workers,)](
            theta,
            x,
            y,
            self.layers,
            self.moves,
            self.shares,
            self.scales,
            self.scratch,
            self.partial,
            regimes,
            plan.chunks,
            arch.controlled,
            arch.substeps,
            arch.shape.size,
            self.particles,
            y.shape[1],
            *_strides(x),
            *_strides(y),
            plan.room,
            workers,
            WANTED=self.wanted,
            STAGES=arch.scheme.stages,
            TWO=arch.field.expands,
            SIGMA=kernels.CODES[arch.field.activation],
            D=plan.width,
            BLOCK=plan.block,
            num_warps=1,
            num_stages=1,
            maxnreg=REGISTERS if plan.width * plan.number <= 16 else None,
        )
        _add_up(self.partial, gradient, squares, plan.chunks, plan.columns)


class Plan:
    """How one regime's particles are shared out; it depends on no other regime, nor do the sums.

    Args:
        arch: the architecture.
        particles: N.
        number: bytes of a number.
        wanted: whether gradients are.

    Attributes:
        width: d, or the next power of two.
        block: particles of a block.
        columns: numbers of a row of partial sums.
        chunks: rows of a regime.
        room: pieces of scratch, of width times block numbers each, that a program needs.
    """

    def __init__(self, arch: Architecture, particles: int, number: int, wanted: bool) -> None:
        self.number = number
        self.width = 1 << (arch.width - 1).bit_length()
        lanes = max(1, min(4, 64 // (self.width * number)))
        self.block = WARP * (max(1, lanes // 2) if particles <= FEW else lanes)
        self.columns = arch.shape.counts[-1] + (arch.shape.size if wanted else 0)
        blocks = -(-particles // self.block)
        most = max(1, PARTIAL // (self.columns * number))
        self.chunks = min(blocks, IN_FLIGHT // self.block, most)
        stages = arch.scheme.stages
        self.room = arch.controlled + arch.points + 2 * stages if wanted else stages

    @property
    def piece(self) -> int:
        """Numbers of scratch that a program needs."""
        return self.room * self.width * self.block

    def regimes_at_once(self, regimes: int) -> int:
        """How many of so many regimes one launch takes."""
        return min(regimes, max(1, PARTIAL // (self.chunks * self.columns * self.number)))

    def workers(self, regimes: int) -> int:
        """Programs of a launch of so many regimes."""
        fit = max(1, SCRATCH // (self.piece * self.number))
        return min(regimes * self.chunks, IN_FLIGHT // self.block, fit)

    @property
    def bytes(self) -> int:
        """Most that scratch and partial sums take, however many regimes there are."""
        rows = self.regimes_at_once(PARTIAL)
        return self.number * (self.workers(rows) * self.piece + rows * self.chunks * self.columns)


def units(field: Field, a: int) -> int:
    """Hidden units of a layer with a active components."""
    return field.blocks(a)[0].rows


@cache
def runs_on(device: torch.device) -> bool:
    """Whether Triton is here, and what it compiles runs on a device.

    Torch's CUDA builds bring Triton on Linux; it needs a C compiler besides, and a card that it knows. Where
    something is amiss a warning says so.
    """
    one, total = torch.ones(1, 1, device=device), torch.zeros(1, 1, device=device)
    try:
        _add_up(one, total[:0], total, chunks=1, columns=1)
        return float(total) == 1
    except ImportError:
        return False
    except Exception as error:
        reason = f"no kernel can be compiled for {device}, the layers compute instead: {error}"
        warnings.warn(reason, RuntimeWarning, stacklevel=2)
        return False


def _add_up(partial: Tensor, gradient: Tensor, squares: Tensor, chunks: int, columns: int) -> None:
    """The sums over chunks; gradients are wanted where there are more columns than squares."""
    regimes, driven = squares.shape
    _kernels().add_up[(regimes, -(-columns // ADDED[1]))](
        partial,
        gradient,
        squares,
        chunks,
        columns - driven,
        driven,
        columns,
        ROWS=ADDED[0],
        COLUMNS=ADDED[1],
    )


def _kernels() -> Any:
    """The module of the kernels, which is imported late because it needs Triton."""
    return importlib.import_module("autoencode_core.flow.triton_kernel")


def _layers(arch: Architecture) -> list[tuple[int, int, int, int]]:
    """What the kernel's `LAYER` says, for each controlled layer."""
    counts, begin, found = arch.shape.counts, 0, list[tuple[int, int, int, int]]()
    for a, after, blocks in zip(counts, (*counts[1:], counts[-1]), arch.shape.blocks, strict=True):
        found.append((a, blocks[0].rows, begin, min(a, after)))
        begin += sum(block.size for block in blocks)
    return found


def _tableau(arch: Architecture) -> tuple[list[list[float]], list[list[float]]]:
    """The kernel's `moves` and `shares`."""
    a, b, r = arch.scheme.matrix, arch.scheme.b, arch.substeps
    moves = [[arch.step / r * w for w in row] for row in (*a, b)]
    shares = [[*(a[j][s] / r for j in range(len(b))), b[s] / r] for s in range(len(b))]
    return moves, shares


def _strides(x: Tensor) -> tuple[int, int, int]:
    """Strides over regimes, components and particles; 0 where the regimes share the particles."""
    return x.stride(0) if len(x) > 1 else 0, x.stride(1), x.stride(2)
