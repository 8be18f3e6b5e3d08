"""Work on tensors that stay where they are, captured once as a CUDA graph."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import torch
from torch import Tensor

Result = TypeVar("Result")
WARM_UPS = 3


class CudaGraph(Generic[Result]):
    """A function without arguments whose tensors always lie in the same place.

    On a GPU the first call captures it as a CUDA graph, and every call replays that: one launch instead of
    hundreds, and the tensors that it returns are the same each time. Elsewhere, and while a larger piece of
    work is itself being captured, it is simply called. What it reads must be written in place beforehand, and
    nothing in it may look at a value.

    Args:
        function: the work.
        device: where its tensors lie.
        state: tensors that the work changes as it goes; the trial runs before the capture leave them as they
            were.
    """

    def __init__(
        self, function: Callable[[], Result], device: torch.device, state: Sequence[Tensor] = ()
    ) -> None:
        self.function, self.device, self.state = function, device, state
        self.graph: torch.cuda.CUDAGraph | None = None
        self.result: Result | None = None

    def __call__(self) -> Result:
        if self.device.type != "cuda" or torch.cuda.is_current_stream_capturing():
            return self.function()
        if self.graph is None or self.result is None:
            self._capture()
        assert self.graph is not None and self.result is not None
        self.graph.replay()
        return self.result

    def _capture(self) -> None:
        before = [tensor.clone() for tensor in self.state]
        aside = torch.cuda.Stream(self.device)
        aside.wait_stream(torch.cuda.current_stream(self.device))
        with torch.cuda.stream(aside):
            for _ in range(WARM_UPS):
                self.function()
        torch.cuda.current_stream(self.device).wait_stream(aside)
        self.graph = torch.cuda.CUDAGraph()
        # Only what this thread does belongs to it: another training may use the card meanwhile.
        with torch.cuda.graph(self.graph, capture_error_mode="thread_local"):
            self.result = self.function()
        for tensor, value in zip(self.state, before, strict=True):
            tensor.copy_(value)
