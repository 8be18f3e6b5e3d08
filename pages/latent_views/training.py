"""Training: the codes as they were while the run was trained."""

import numpy as np
import streamlit as st

from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.figures.scenes.plane import CodePlane
from autoencode_core.figures.scenes.training import training_scene
from autoencode_core.store.record import RunRecord
from pages.shared.player import player


def training_view(run_id: str, record: RunRecord, plane: CodePlane) -> None:
    """Draws the view.

    Args:
        run_id: id of the run.
        record: the run.
        plane: how codes are drawn.
    """
    count = len(np.asarray(record.probe["snapshot_iterations"]))
    if count < 2:
        st.info(
            "This run keeps only one moment of its training: it ended too soon for more. Choose another run."
        )
        return
    identity = f"{run_id} training"
    scene = training_scene(record, identity, max(2, plane.points.shape[1]))
    player("latent_training", encode(scene), identity, len(plane.points))
    st.caption(f"{count} moments of the training; between them the codes are joined by straight lines.")
