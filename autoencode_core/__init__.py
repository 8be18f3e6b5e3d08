"""AutoencODE Lab's core: width-varying autoencoder flows, their training as optimal control, their runs.

Names are loaded when first used (PEP 562), so that a process which only draws or lists runs never
imports torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "RunSpec": "autoencode_core.spec",
    "Change": "autoencode_core.changes",
    "InputError": "autoencode_core.errors",
    "train": "autoencode_core.training.selection",
    "sweep": "autoencode_core.training.sweep",
    "continuation": "autoencode_core.training.continuation",
    "Run": "autoencode_core.training.run",
    "Progress": "autoencode_core.training.run",
    "cost_and_gradient": "autoencode_core.training.objective",
    "AutoencODE": "autoencode_core.flow.autoencode",
    "Control": "autoencode_core.flow.control",
    "Flow": "autoencode_core.flow.autoencode",
    "RunStore": "autoencode_core.store.run_store",
    "cite": "autoencode_core.export.citation",
}
_ROOMS = ("analysis",)

__all__ = [*_HOMES, *_ROOMS, "__version__"]

if TYPE_CHECKING:
    from autoencode_core import analysis as analysis
    from autoencode_core.changes import Change as Change
    from autoencode_core.errors import InputError as InputError
    from autoencode_core.export.citation import cite as cite
    from autoencode_core.flow.autoencode import AutoencODE as AutoencODE
    from autoencode_core.flow.autoencode import Flow as Flow
    from autoencode_core.flow.control import Control as Control
    from autoencode_core.spec import RunSpec as RunSpec
    from autoencode_core.store.run_store import RunStore as RunStore
    from autoencode_core.training.continuation import continuation as continuation
    from autoencode_core.training.objective import cost_and_gradient as cost_and_gradient
    from autoencode_core.training.run import Progress as Progress
    from autoencode_core.training.run import Run as Run
    from autoencode_core.training.selection import train as train
    from autoencode_core.training.sweep import sweep as sweep


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    if name in _ROOMS:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
