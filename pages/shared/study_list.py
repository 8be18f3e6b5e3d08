"""Studies on the page Runs: those that train now, and those that are stored."""

from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from pages.shared.job_panel import RUNNING, offer_unstored
from pages.shared.rename_delete import delete_button, rename_button
from pages.shared.setup import escape, jobs, store
from pages.shared.shown import JOB, STUDY
from pages.shared.views import VIEW
from pages.shared.words import local_time, study_title

if TYPE_CHECKING:
    from autoencode_core.store.study_store import StudyEntry

REGIMES = "pages/regimes.py"


def running_studies() -> None:
    """Studies that train now, and those that were trained but could not be stored."""
    for job in jobs().studies():
        many = f"{len(job.latest)} runs of a {job.plan.kind}"
        if job.state in RUNNING:
            text, watch = st.columns([5, 1], vertical_alignment="center")
            text.markdown(f"**{escape(many)}** · {job.share:.0%} done · {job.state}")
            link = {VIEW.name: job.plan.kind, JOB.name: job.job_id}
            watch.page_link(REGIMES, label="Watch", query_params=link)
        if job.state == "failed":
            words = f"{many} were trained but could not be stored. {job.message}"
            offer_unstored(job.job_id, words, ".study")


def study_names(entries: Mapping[str, "StudyEntry"]) -> dict[str, str]:
    """What each study is called: its name, else what it is; own ones with their date, no two alike.

    Args:
        entries: by their ids.
    """
    plain = {study_id: _name(entry) for study_id, entry in entries.items()}
    times = Counter(plain.values())
    return {
        study_id: name if times[name] == 1 else f"{name} ({study_id[-4:]})"
        for study_id, name in plain.items()
    }


def _name(entry: "StudyEntry") -> str:
    name = entry.name or (study_title(entry.study) if entry.study else entry.summary)
    created = None if entry.read_only else local_time(entry.created)
    return name if created is None else f"{name} · {created:%d %b %H:%M}"


def stored_studies() -> None:
    """Strips and continuations: open, download, rename, delete."""
    found = {entry.study_id: entry for entry in store().studies()}
    if not found:
        return
    st.subheader("Studies", anchor=False)
    names = study_names(found)
    chosen = st.selectbox(
        "Study",
        list(names),
        format_func=names.__getitem__,
        key="runs_study",
        help="Several runs of one set of knobs.",
    )
    entry = found[chosen]
    with st.container(border=True):
        st.markdown(f"**{escape(names[entry.study_id])}**")
        note = " Read-only: it belongs to the gallery." if entry.read_only else ""
        st.caption(f"{escape(entry.summary)} {escape(entry.message)}{note}")
        with st.container(horizontal=True):
            if entry.study is not None:
                if st.button("Open in Regimes", key="open_study", type="primary"):
                    view = {VIEW.name: entry.study.kind, STUDY.name: entry.study_id}
                    st.switch_page(REGIMES, query_params=view)
                st.download_button(
                    "Download",
                    data=partial(store().export_study, entry.study_id),
                    file_name=f"{entry.study_id}.study",
                    mime="application/octet-stream",
                    key="download_study",
                    on_click="ignore",
                    help="The whole study with its runs as one file, which the upload below takes.",
                )
            if not entry.read_only:
                if entry.study is not None:
                    rename_button(entry.study_id, entry.name, store().rename_study)
                delete_button(entry.study_id, names[entry.study_id], store().delete_study)
