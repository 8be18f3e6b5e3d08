"""λ without training: a slider over a branch of runs that were trained before."""

import streamlit as st

from autoencode_core.errors import InputError
from autoencode_core.figures.scenes.branch import branch_scene
from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.store.study import Study
from pages.shared.player import player
from pages.shared.run_menu import record_of
from pages.shared.setup import escape, store
from pages.shared.words import setting, study_title

STUDY = "gallery.lambda"
"""The branch that is shown where none is asked for."""


def branch_view(key: str, study_id: str = STUDY) -> None:
    """The flow of a branch, playing, under a slider of its λ.

    Args:
        key: the same for all branches that are shown in this place.
        study_id: of a continuation; its upward branch is shown.

    Raises:
        InputError: there is no such study, or it has no branch that can be drawn.
    """
    study = store().study(study_id)
    data, n = _scene(study_id, study)
    player(key, data, study_id, n)
    setting_words = setting(study.spec)
    st.caption(
        escape(
            f"{setting_words}. Each run begins at the control of the one before it, at the next lower λ; "
            f"at most {study.spec.iterations:,} iterations each."
        )
    )


@st.cache_data(max_entries=4, show_spinner=False)
def _scene(study_id: str, _study: Study) -> tuple[bytes, int]:
    """The scene as bytes, and how many particles it draws."""
    up = [i for i, each in enumerate(_study.outcomes) if each.branch == "up" and each.status != "diverged"]
    up.sort(key=lambda i: _study.outcomes[i].tikhonov)
    if len(up) < 2:
        raise InputError("study", study_id, "a continuation with an upward branch of two runs or more")
    ids = store().member_ids(study_id)
    records = [record_of(ids[i]) for i in up]
    named = {"title": _study.name or study_title(_study), "about": setting(_study.spec)}
    scene = branch_scene([_study.outcomes[i] for i in up], records, study_id, _study.zero[0], **named)
    return encode(scene), int(scene["n"])
