"""The strip: every Tikhonov weight with every seed, and what becomes of J, its parts and its convexity."""

from contextlib import suppress

import streamlit as st

from autoencode_core.errors import InputError
from autoencode_core.figures.regimes.convexity import curvature_figure, curvature_words
from autoencode_core.figures.regimes.strip import strip_figure, strip_words
from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.figures.scenes.multiples import multiples_scene, outcome_title
from autoencode_core.questions.regimes import CURVATURES, Curvatures
from autoencode_core.store.study import Study
from autoencode_core.words import as_set
from pages.regimes_views.studies import open_run, runs_table, study_chart, study_heading, study_shown
from pages.shared.answers import Asked, ask, told
from pages.shared.player import player
from pages.shared.run_menu import record_of
from pages.shared.setup import escape, guard, store
from pages.shared.words import setting, study_title

_BEST = "best"


def strip_view() -> None:
    """Draws the view."""
    found = study_shown("strip")
    if found is None:
        return
    study_id, study = found
    asked = _curvatures(study_id, study)
    if asked is not None and asked.value is not None:
        study = study.curved(asked.value["nu"], asked.value["bound"], asked.value["floor"])
        _keep(study_id, study)
    study_heading(study_id, study)
    study_chart(study_id, study, "strip", strip_figure, strip_words(study))
    st.caption(f"{escape(strip_words(study))} Click a mark to open its run on the page Flow.")
    if len(study.seeds) > 1 and study.spec.data_seed is None:
        st.caption("Each seed drew its own particles: part of what differs between seeds is the sample.")
    with guard():
        _multiples(study_id, study)
    with guard():
        _convexity(study_id, study, asked)
    with guard():
        runs_table(study_id, study)


# ---- small multiples


def _multiples(study_id: str, study: Study) -> None:
    """The flows of up to eight weights on one clock; a click enlarges one."""
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    with left:
        st.subheader("The flows, λ by λ", anchor=False)
    with right:
        chosen = st.selectbox(
            "Seed",
            [_BEST, *map(str, study.seeds)],
            format_func=lambda name: "that with the lowest J at each λ" if name == _BEST else name,
            key=f"strip_seed_{study_id}",
            help="Which of the seeds is shown at each λ.",
        )
    places = [
        place for weight in study.shown_weights if (place := _place(study, weight, str(chosen))) is not None
    ]
    if not places:
        st.caption("No run of this choice ended with finite numbers: there is no flow. Choose another seed.")
        return
    records = [record_of(store().member_ids(study_id)[place]) for place in places]
    titles = [outcome_title(study.outcomes[i]) for i in places]
    identity = f"{study_id} {chosen}"
    named = {"title": study.name or study_title(study), "about": setting(study.spec)}
    scene = multiples_scene(records, titles, identity, **named)
    player("strip_multiples", encode(scene), identity, len(records[0].probe["inputs"]))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Open in Flow:", width="content")
        for i in places:
            words = f"λ = {as_set(study.outcomes[i].tikhonov, 2)}"
            if st.button(words, key=f"open_{study_id}_{i}", type="tertiary", help="Opens it in Flow."):
                open_run(study_id, i)


def _place(study: Study, weight: float, chosen: str) -> int | None:
    """Place of the run that is shown at a λ."""
    if chosen == _BEST:
        return study.best(weight)
    return next((i for i in study.at(weight) if str(study.outcomes[i].seed) == chosen), None)


# ---- convexity


def _curvatures(study_id: str, study: Study) -> Asked[Curvatures] | None:
    """The question for ν of every run, once somebody has asked it."""
    if _curved(study) or not st.session_state.get(f"curvatures_{study_id}"):
        return None
    return ask(CURVATURES, [record_of(run_id) for run_id in store().member_ids(study_id)])


def _curved(study: Study) -> bool:
    return any(outcome.curvature is not None for outcome in study.outcomes)


def _keep(study_id: str, study: Study) -> None:
    """Stores ν with a study of one's own, so that tables and files have it from now on."""
    if not study_id.startswith("gallery."):
        with suppress(InputError):  # it was deleted meanwhile
            store().update_study(study_id, study)


def _convexity(study_id: str, study: Study, asked: Asked[Curvatures] | None) -> None:
    """2λ + ν of every run, when asked for."""
    st.subheader("Where is training convex?", anchor=False)
    if _curved(study):
        words = curvature_words(study)
        study_chart(study_id, study, "curvature", curvature_figure, words)
        st.caption(escape(words))
        return
    st.caption(
        "ν, the smallest eigenvalue of the data term's Hessian, says how strong the penalty must be: J is "
        "locally strongly convex at a minimiser where 2λ + ν > 0."
    )
    if asked is not None:
        told(asked, "ν of every run")
    elif st.button("Compute ν of every run", key=f"curvatures_{study_id}_button"):
        st.session_state[f"curvatures_{study_id}"] = True
        st.rerun()
