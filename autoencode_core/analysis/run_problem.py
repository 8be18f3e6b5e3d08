"""The problem that a run solved: its architecture with the particles that it was trained on."""

from copy import copy
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from autoencode_core.analysis.run_particles import Array, training_particles
from autoencode_core.errors import InputError
from autoencode_core.flow.architecture import resize
from autoencode_core.training.objective import Objective
from autoencode_core.training.run import Run


class RunProblem:
    """The optimal control problem that a run solved: its model with the particles it was trained on.

    Args:
        run: the run.
        dtype: precision of all computing; the ends of a spectrum want double.

    Attributes:
        model: the model.
        arch: the architecture; of `finer` it is not the model's own.
        x, y: states at t = 0 (1, d, N) and targets (1, a, N), engine layout.
        step: δ.
        note: what a person must know of the particles.

    Raises:
        InputError: the run diverged, even if its control is finite.
    """

    def __init__(self, run: Run, dtype: torch.dtype = torch.float64) -> None:
        if run.status == "diverged" or not finite(run.model.control.vector):
            raise InputError(
                "run", "one that diverged", "a run that did not diverge: its numbers mean nothing"
            )
        self.run, self.model = run, run.model.to("cpu", dtype)
        particles = training_particles(run)
        self.arch = self.model.architecture
        self.note, self.step = particles.note, self.arch.step
        self.x = self.model.to_engine(particles.inputs)
        if run.spec.task == "classify":
            self.y = torch.as_tensor(particles.targets.T.copy())[None].to(self.x)
        else:
            same = particles.targets is particles.inputs
            self.y = self.x if same else self.model.to_engine(particles.targets)

    @property
    def objective(self) -> Objective:
        """The data term on these particles, without penalty."""
        return Objective(self.arch, self.x, self.y, self.x.new_zeros(1))

    @property
    def hessian_note(self) -> str:
        """What a person must know of the Hessian on these particles."""
        kinks = (
            "relu has kinks: the Hessian is that of the one smooth piece of J on which the control lies, and "
            "says nothing of what lies beyond its edges."
        )
        return " ".join(filter(None, (self.note, kinks * (not self.model.architecture.field.sigma.smooth))))

    def finer(self) -> "RunProblem":
        """The same horizon, widths in time and particles with every layer cut in two."""
        problem, arch = copy(self), self.arch
        counts = tuple(count for count in arch.counts for _ in range(2))
        problem.arch = replace(arch, counts=counts, controlled=2 * arch.controlled)
        problem.step = problem.arch.step
        return problem

    def direction(self, vector: ArrayLike, name: str) -> Tensor:
        """A direction (P,) of norm 1 in L²(0,T).

        Raises:
            InputError: it is no such vector, or 0.
        """
        direction = self.control(vector, name)
        length = float((self.step * direction.double().square().sum()).sqrt())
        if not length:
            raise InputError(name, "zero", "a direction")
        return direction / length

    def control(self, vector: ArrayLike, name: str) -> Tensor:
        """A control (P,) in double precision.

        Raises:
            InputError: it has another shape, or is not finite.
        """
        try:
            values = torch.as_tensor(np.array(vector, dtype=np.float64))
        except (TypeError, ValueError):
            values = torch.empty(0)
        size = self.arch.shape.size
        if values.shape != (size,) or not finite(values):
            raise InputError(name, f"shape {tuple(values.shape)}", f"{size} finite numbers")
        return values

    @property
    def scale(self) -> Array:
        """Units (d,) of the components of outputs: those of flow coordinates in data units, in the code 1."""
        if self.run.spec.task == "classify":
            return np.ones(self.arch.bottleneck)
        return np.asarray(self.model.coordinates.scale)

    def passed(self, controls: Tensor) -> tuple[Array, Array]:
        """Outputs (m, n, d) and codes (m, n, k) of the probe batch at controls (m, P)."""
        model, classify = self.model, self.run.spec.task == "classify"
        arch, half = self.arch, self.arch.depth // 2
        layers = arch.shape.layers(controls)
        x = model.to_engine(self.run.probe["inputs"]).expand(len(controls), -1, -1)
        code = resize(arch.outcome(layers[:half], x), arch.bottleneck)
        codes = code.transpose(1, 2).numpy()
        if classify:
            return codes, codes
        ends = arch.outcome(layers[half:], code, half)
        return np.stack([model.from_engine(end[None]).numpy() for end in ends]), codes


def finite(values: Tensor) -> bool:
    """Whether all are finite numbers."""
    return bool(values.isfinite().all())
