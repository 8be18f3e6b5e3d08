"""How far the doubled state moves beside the jump of the projection, as a picture."""

import numpy as np
from doubled_answer import answer

from autoencode_core.figures.mean_field.doubled import doubled_figure, doubled_table, jump, longest_steps


def test_the_jump_stands_beside_the_steps_of_the_layers() -> None:
    found = {**answer(2, 1), "times": np.linspace(0, 3, 13)}
    np.testing.assert_allclose(longest_steps(found)[[0, -1]], np.sqrt(0.5**2 + 1) / 6, rtol=1e-5)
    line, spot = doubled_figure(found).data
    assert max(line.y) < spot.y[1] == jump(found) and set(spot.x) == {1.5}
    table = doubled_table(found)
    assert {len(column) for column in table.values()} == {12} and table["projection_at_t_to"][5] == jump(
        found
    )
    assert len(doubled_figure({**answer(2, 2), "times": np.linspace(0, 3, 13)}).data) == 1
