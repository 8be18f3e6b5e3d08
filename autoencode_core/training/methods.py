"""The training methods by name, and what a spec tells each of them."""

from collections.abc import Sequence

from autoencode_core.spec import RunSpec
from autoencode_core.spec_defaults import FIRST_STEP
from autoencode_core.training.adam import AdamSettings
from autoencode_core.training.lbfgs import LbfgsSettings
from autoencode_core.training.pmp import PmpSettings

METHODS = ("pmp", "adam", "lbfgs")
"""The training methods by the name that RunSpec.method uses."""
Settings = PmpSettings | AdamSettings | LbfgsSettings


def settings_of(
    spec: RunSpec, method: str = "", iterations: int | None = None, seeds: Sequence[int] = ()
) -> Settings:
    """What a method is told of a spec; one that is not the spec's own has its own first step and no batches.

    Args:
        spec: the spec.
        method: one of METHODS, by default that of the spec.
        iterations: of the method, by default those of the spec.
        seeds: one a regime, by default that of the spec alone.
    """
    name = method or spec.method
    step, batch = (spec.learning_rate, spec.batch_size) if name == spec.method else (FIRST_STEP[name], 0)
    if name == "pmp":
        return PmpSettings(step, spec.inner_steps, spec.metric)
    if name == "adam":
        return AdamSettings(iterations or spec.iterations, step, batch, tuple(seeds) or (spec.seed,))
    return LbfgsSettings(step)
