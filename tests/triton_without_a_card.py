"""Triton where no card is: kernels in its interpreter on the CPU, or only compiled."""

import contextlib
import importlib
import importlib.util
import sys

import pytest

FLOW = "autoencode_core.flow.triton_"


@contextlib.contextmanager
def interpreted(*names):
    """Copies of modules flow/triton_*.py for the interpreter, each after what it imports.

    What runs compiled elsewhere stays as it is.
    """
    triton, tl = importlib.import_module("triton"), importlib.import_module("triton.language")
    kernel = importlib.import_module("triton.runtime.interpreter").InterpretedFunction
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(triton.knobs.runtime, "interpret", True)
        modules = []
        for name in names:
            spec = importlib.util.find_spec(FLOW + name)
            modules.append(importlib.util.module_from_spec(spec))
            patch.setitem(sys.modules, FLOW + name, modules[-1])
            spec.loader.exec_module(modules[-1])
        patch.setattr(tl, "sum", triton.jit(tl.sum.fn))  # Triton's own function, likewise
        # A kernel's call of a function would change Triton's language once more, and leave it so for good.
        patch.setattr(kernel, "__call__", lambda self, *given, **named: self.rewrite()(*given, **named))
        yield modules


class Card:
    """What the compiler asks of a driver: it is for an H100."""

    def get_current_target(self):
        return importlib.import_module("triton.backends.compiler").GPUTarget("cuda", 90, 32)

    def get_current_device(self):
        return 99  # no card's: what was compiled is kept by this number

    def get_current_stream(self, device):
        return 0


class Compiling:
    """A kernel that is compiled where it would be launched."""

    def __init__(self, kernel, into):
        self.kernel, self.into = kernel, into

    def __getitem__(self, grid):
        return lambda *given, **options: self.into.append(self.kernel.warmup(*given, grid=grid, **options))


def compiling(module, names, into):
    """A stand-in for a module of kernels: these are compiled into a list of binaries, for an H100."""
    own = {name: Compiling(getattr(module, name), into) for name in names}
    return type("Kernels", (), {"CODES": module.CODES, **own})
