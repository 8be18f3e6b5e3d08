"""A study that trains: its marks and its particles as they move, Stop; when it ends, its study is shown."""

from typing import TYPE_CHECKING

import streamlit as st

from autoencode_core.errors import InputError
from autoencode_core.figures.regimes.live_strip import live_strip
from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.figures.scenes.multiples import live_multiples
from autoencode_core.store.study import Kind
from autoencode_core.words import as_set
from pages.shared.charts import updating_chart
from pages.shared.job_panel import RUNNING, progress_and_stop
from pages.shared.player import player
from pages.shared.setup import dark, escape, guard, jobs
from pages.shared.shown import JOB, STUDY

if TYPE_CHECKING:
    from autoencode_core.desk.study_job import StudyStatus

_REFRESH_SECONDS = 0.3


def study_trains(kind: Kind) -> bool:
    """Shows the job of the link; one that has ended gives way to its study.

    Args:
        kind: of the study.
    """
    job_id = JOB.get()
    if not job_id:
        _others(kind)
        return False
    try:
        status = jobs().study_status(job_id)
    except InputError:
        st.info("The job in the link is not known here any more. If it ended, its study is in the menu.")
        JOB.drop()
        return False
    if status.plan.kind != kind:
        return False
    if status.state in RUNNING:
        st.fragment(_watch, run_every=_REFRESH_SECONDS)(job_id)
        return True
    JOB.drop()
    if status.study_id:
        STUDY.set(status.study_id)
    if status.message:
        (st.warning if status.state == "failed" else st.info)(escape(status.message))
    return False


def _others(kind: Kind) -> None:
    """Studies that train now and are not on screen."""
    for status in jobs().studies():
        if status.state in RUNNING and status.plan.kind == kind:
            words = f"Watch the {len(status.latest)} runs that train now"
            if st.button(words, key=f"watch_{status.job_id}", type="tertiary"):
                JOB.set(status.job_id)
                st.rerun()


@guard()
def _watch(job_id: str) -> None:
    status = jobs().study_status(job_id)
    if status.state not in RUNNING:
        st.rerun()
    kept = "What is trained by then is kept."
    progress_and_stop(status, status.share, _progress(status), kept)
    if any(row is not None for row in status.latest):
        updating_chart(f"live_{job_id}", live_strip(status.latest, status.plan, dark=dark()))
    shot = jobs().snapshot(job_id)
    if shot is not None:
        places = status.plan.settings()
        shown = [places[i] for i in shot["regimes"]]
        titles = [f"λ = {as_set(place.tikhonov, 2)} {place.branch}".rstrip() for place in shown]
        scene = live_multiples(job_id, shot, titles, status.plan.spec)
        player(f"multiples_{job_id}", encode(scene), job_id)


def _progress(status: "StudyStatus") -> str:
    if status.message:
        return escape(status.message)
    begun = sum(row is not None for row in status.latest)
    return f"{begun} of {len(status.latest)} runs begun, {status.share:.0%} of the iterations done"
