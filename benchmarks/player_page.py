"""The page that benchmarks/player.py looks at: one player, as many particles as the link asks for."""

import numpy as np
import streamlit as st

from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.figures.scenes.parts import cloud, colourings, layer, scene
from pages.shared.player import player

ENCODER = DECODER = 29  # 60 frames: 30 before the projection, 30 after it


@st.cache_data
def swarm(particles: int, dimensions: int) -> bytes:
    """Particles that turn about the origin while they shrink and grow again, 60 frames of them."""
    rng = np.random.default_rng(0)
    start = rng.normal(size=(particles, dimensions)).astype(np.float32)
    share = np.concatenate([np.linspace(0, 1, ENCODER + 1), np.linspace(1, 0, DECODER + 1)])
    frames = []
    for s in share:
        turned = start.copy()
        if dimensions > 1:
            c, q = np.cos(2 * s), np.sin(2 * s)
            turned[:, :2] = turned[:, :2] @ np.array([[c, -q], [q, c]], np.float32)
        turned[:, -1] *= 1 - 0.9 * s
        frames.append(turned)
    names = ["u₁", "u₂", "u₃"][:dimensions]
    pane = cloud(
        "particles",
        "Particles x(t)",
        np.stack(frames),
        names,
        "data units",
        unrolled=True,
        layers=[layer("particles", True)],
        hollow=[0] * (ENCODER + DECODER + 1),
    )
    line = {
        "kind": "flow",
        "encoder": ENCODER,
        "decoder": DECODER,
        "horizon": 2.0,
        "drops": True,
        "widths": [dimensions] * (ENCODER + DECODER),
        "width": dimensions,
        "names": names,
        "drop_words": "projection",
    }
    hue = np.linspace(0, 1, particles)
    colours = colourings(hue, np.empty(0, int), [], np.empty(0))
    return encode(
        scene("benchmark", [pane], timeline=line, n=particles, colours=colours, height=440, alt="A swarm.")
    )


st.set_page_config(layout="wide")
count = int(st.query_params.get("particles", 10_000))
player("benchmark", swarm(count, int(st.query_params.get("dimensions", 2))), "benchmark", count)
