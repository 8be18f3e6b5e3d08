"""The doubled state in the player."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from reading import read_scene

from autoencode_core.figures.mean_field.doubled import jump, steps, steps_figure, steps_table
from autoencode_core.figures.scenes.doubled import doubled_scene, doubled_words, drawn_components
from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.store.record import RunRecord

Make = Callable[..., RunRecord]


def answer(d: int, k: int, depth: int = 12, n: int = 7) -> dict[str, Any]:
    """A doubled state: x runs to 1 in the encoder and the code on, s of the others in the decoder."""
    half, t = depth // 2, np.arange(depth + 1)
    scale = (1 + np.arange(d)) / d * np.linspace(0.5, 1, n)[:, None]
    states = np.minimum(t, half)[:, None, None] / half * scale
    states[:, :, :k] = t[:, None, None] / half * scale[:, :k]
    shadows = np.maximum(0, t - half)[:, None, None] / half * scale
    shadows[:, :, :k] = 0
    read = (t >= half)[:, None] & (np.arange(d) >= k)
    return {
        "states": states.astype(np.float32),
        "shadows": shadows.astype(np.float32),
        "read": read,
        "kept": np.arange(k),
        "active": np.ones((depth + 1, d), bool),
        "times": np.linspace(0, 3, depth + 1),
        "outputs": np.ones((n, d)),
        "apart": 0.0,
        "speed": 0.5,
        "labels": np.empty(0, int),
        "hue": np.linspace(0, 1, n),
    }


def places(pane: dict[str, Any]) -> np.ndarray:
    low, high = np.asarray(pane["quanta"]).T
    return low + (pane["positions"].astype(float) + 32767) / 65534 * (high - low)


def test_only_what_is_read_jumps_at_the_bottleneck(make: Make) -> None:
    record, found = make(2, k=1), answer(2, 1)
    shown = read_scene(encode(doubled_scene(record, found, "a")))
    half, moves = record.spec.depth // 2, []
    for pane in shown["panes"]:
        at = places(pane)
        assert len(at) == record.spec.depth + 2
        moves.append(np.abs(at[half + 1] - at[half]).max())
    assert moves[0] < 1e-3 and moves[1] < 1e-3 and moves[2] == pytest.approx(jump(found), abs=1e-3)
    np.testing.assert_allclose(places(shown["panes"][2])[-1, :, 1], found["shadows"][-1, :, 1], atol=1e-3)
    assert shown["timeline"]["drop_words"] == "u₂ now read from s"


def test_shadow_variables_are_hollow_until_they_are_read(make: Make) -> None:
    state, shadow, _ = doubled_scene(make(2, k=1), answer(2, 1), "a")["panes"]
    assert shadow["hollow"] == [1] * 6 + [0] * 7 and not any(state["hollow"])


@pytest.mark.parametrize("d, k, drawn", [(1, 1, [0]), (2, 2, [0, 1]), (3, 2, [1, 2]), (64, 8, [7, 63])])
def test_one_component_of_the_code_and_one_that_is_forgotten(
    make: Make, d: int, k: int, drawn: list[int]
) -> None:
    found = answer(d, k)
    assert drawn_components(found).tolist() == drawn
    assert doubled_scene(make(d, k=k), found, "a")["panes"][0]["dims"] == len(drawn)


def test_the_words_tell_agreement_jump_and_largest_step(make: Make) -> None:
    record = make(2, k=1)
    said = " ".join(doubled_words(record, answer(2, 1)))
    assert "the outputs are identical" in said and "up to 1 at once" in said and "at most 0.125" in said
    rounding = doubled_words(record, {**answer(2, 1), "apart": 3e-7})[0]
    assert "3·10⁻⁷" in rounding and "rounding" in rounding
    assert "more than rounding" in doubled_words(record, {**answer(2, 1), "apart": 0.2})[0]
    assert "no jump" in doubled_words(make(2, k=2), answer(2, 2))[-1]


def test_the_jump_stands_beside_the_steps_of_the_layers() -> None:
    found = {**answer(2, 1), "times": np.linspace(0, 3, 13)}
    np.testing.assert_allclose(steps(found)[[0, -1]], np.sqrt(0.5**2 + 1) / 6, rtol=1e-5)
    line, spot = steps_figure(found).data
    assert max(line.y) < spot.y[1] == jump(found) and set(spot.x) == {1.5}
    table = steps_table(found)
    assert {len(column) for column in table.values()} == {12} and table["projection_at_t_to"][5] == jump(
        found
    )
    assert len(steps_figure({**answer(2, 2), "times": np.linspace(0, 3, 13)}).data) == 1
