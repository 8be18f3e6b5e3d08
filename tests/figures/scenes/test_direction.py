"""The player of a direction: what its time line says."""

from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pytest

from autoencode_core.figures.scenes.code import direction_scene
from autoencode_core.store.record import RunRecord


@pytest.mark.parametrize("amplitude", [0.3009, 9.613, 4.2e-4])
@pytest.mark.parametrize("steps", [3, 21, 201])
def test_amounts_are_short_and_told_apart(
    make: Callable[..., RunRecord], amplitude: float, steps: int
) -> None:
    record = make(2, k=1)
    amounts = np.linspace(-amplitude, amplitude, steps)
    points = record.probe["inputs"]
    moved = {"amounts": amounts, "codes": [points[:, :1]] * steps, "outputs": [points] * steps}
    line = direction_scene(record, "a", moved)["timeline"]
    values = line["values"]
    assert line["name"] == "s =" and (np.diff(values) > 0).all()
    np.testing.assert_allclose(values, amounts, atol=0.51 * (amounts[1] - amounts[0]))
    digits = [len(Decimal(f"{value:.6g}").normalize().as_tuple().digits) for value in values]
    assert max(digits) <= (4 if steps > 21 else 3)
    assert f"{values[steps // 2]:g}" == "0"
