"""Arrays that answers hold, by what their entries are."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
"""Real numbers, of double or single precision."""
Integers = NDArray[np.integer[Any]]
"""Whole numbers."""
Flags = NDArray[np.bool_]
"""Yes or no."""
Texts = NDArray[np.str_]
"""Text."""
