"""How often what goes on is drawn anew: the more people watch, the less often each sees it move."""

import math
import threading
import time
from typing import Final

from pages.shared.visitor import visitor

USUAL: Final = 0.3
"""Seconds between two drawings of what one person watches."""
_PER_SECOND: Final = 8.0
"""About how many drawings of all together the server makes in a second."""
_SLOWEST: Final = 4.8
_GONE_SECONDS: Final = 10.0

_lock = threading.Lock()
_watching: dict[str, float] = {}


def pace(usual: float = USUAL) -> float:
    """Seconds until what this visitor watches is to be drawn anew: usual, or that doubled and doubled again.

    Args:
        usual: where few watch.
    """
    now = time.monotonic()
    with _lock:
        _watching[visitor()] = now
        for gone in [who for who, seen in _watching.items() if now - seen > _GONE_SECONDS]:
            del _watching[gone]
        wanted = len(_watching) / _PER_SECOND
    doublings = max(0, math.ceil(math.log2(wanted / usual)))
    return float(min(usual * 2**doublings, max(usual, _SLOWEST)))
