"""Two flows side by side, each with another component turned off."""

import numpy as np
from figures.control.answers import component

from autoencode_core.figures.scenes.component import component_scene
from autoencode_core.figures.scenes.encoding import encode


def test_both_flows_share_clock_axes_and_colours():
    scene = component_scene(component(), "run")
    left, right = scene["panes"]
    assert (
        left["range"] == right["range"]
        and left["title"] == "x₂ turned off"
        and right["title"] == "x₁ turned off"
    )
    assert left["hollow"] == [0, 0, 1, 1, 1]
    assert scene["timeline"]["horizon"] == 2.0 and scene["timeline"]["widths"] == [2, 2, 1, 1, 1]
    assert scene["colours"][0]["names"] == ["upper moon", "lower moon"]
    assert encode(scene)


def test_the_places_of_the_labels_lie_on_the_axis_that_is_left():
    for place, pane in enumerate(component_scene(component(), "run")["panes"]):
        low, high = np.asarray(pane["quanta"]).T
        spots = low + (pane["points"][0]["positions"].astype(float) + 32767) / 65534 * (high - low)
        assert np.allclose(spots[:, place], [-1, 1], atol=1e-3) and np.allclose(
            spots[:, 1 - place], 0, atol=1e-3
        )
