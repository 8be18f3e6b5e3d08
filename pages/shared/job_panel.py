"""The panel of a run that trains: what it is, what may be done with it, progress, particles and curves."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from autoencode_core.figures.run.live_history import axis_reach, live_cost, live_error
from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.figures.scenes.live import live_scene
from autoencode_core.glossary import explained
from autoencode_core.ode import on_the_way
from autoencode_core.spec import AUTO, RunSpec
from autoencode_core.units import error_unit
from autoencode_core.words import cost_words, measured
from pages.shared.by_hand import buttons, heading, stop_button, whose
from pages.shared.charts import updating_chart
from pages.shared.pace import USUAL, pace
from pages.shared.player import player
from pages.shared.setup import dark, escape, guard, jobs

if TYPE_CHECKING:
    from autoencode_core.desk.study_job import StudyStatus
    from autoencode_core.desk.training_job import JobStatus

RUNNING = ("starting", "waiting", "running", "stopping")
"""States of a job that has not ended."""
_WAITING_SECONDS = 1.2
"""The pace of a job whose turn has not come."""


def job_panel(job_id: str, asked: RunSpec | None = None) -> None:
    """A job as it goes, and what may be done with it; when it ends, the whole page runs again.

    Args:
        job_id: id of the job.
        asked: what the knobs beside it ask for.

    Raises:
        InputError: there is no such job.
    """
    status = jobs().status(job_id)
    runs = status.state in RUNNING
    if not runs:
        (st.error if status.state == "failed" else st.info)(escape(status.message or "The run has ended."))
        return
    every = _pace(status)
    st.fragment(_watch, run_every=every)(job_id, asked, every)


def _pace(status: "JobStatus") -> float:
    return pace(_WAITING_SECONDS if _waits(status) else USUAL)


def _waits(status: "JobStatus") -> bool:
    """Whether nothing of it was trained yet."""
    return status.state in ("starting", "waiting") and not status.history["iteration"]


def progress_and_stop(status: "JobStatus | StudyStatus", share: float, text: str, kept: str) -> None:
    """How far a job is, and beside it a button that stops it, for who asked for it.

    Args:
        status: of the job.
        share: of the work that is done, in [0, 1].
        text: what stands above the bar.
        kept: what is kept of it when it is stopped.
    """
    if said := whose(status.owners):
        st.progress(share, text=text)
        st.caption(said)
        return
    bar, button = st.columns([6, 1], vertical_alignment="bottom")
    bar.progress(share, text=text)
    stop_button(button, status.job_id, status.state == "stopping", kept, width="stretch")


def offer_unstored(job_id: str, words: str, ending: str) -> None:
    """What a job trained and could not store, to be downloaded; nothing where there is none.

    Args:
        job_id: id of a job that failed.
        words: what happened.
        ending: of the file.
    """
    kept = jobs().unstored(job_id)
    if kept:
        st.warning(escape(words))
        name = f"{job_id}{ending}"
        st.download_button("Download it", kept, name, key=f"unstored_{job_id}", on_click="ignore")


@guard()
def _watch(job_id: str, asked: RunSpec | None, every: float) -> None:
    status = jobs().status(job_id)
    if status.state not in RUNNING or not every / 2 <= _pace(status) <= 2 * every:
        st.rerun()
    heading(status, asked)
    if status.choosing is not None:
        progress_and_stop(status, *_progress(status), "The run is kept as far as it came.")
        st.caption(
            "λ comes first: flows are trained on a part of the training rows and judged on the rest, for "
            "ever lower λ. Then the run itself trains, on all of them."
        )
        return
    share, text = _progress(status)
    if _waits(status):
        progress_and_stop(status, share, text, "Nothing of it was trained yet.")
        st.caption(
            "It trains and is kept whether you wait here or not: the link of this page leads to it, and the "
            "page Runs has it when it has ended."
        )
        return
    st.progress(share, text=text)
    buttons(status)
    _numbers(status)
    snapshot = jobs().snapshot(job_id)
    scene = None if snapshot is None else encode(live_scene(job_id, snapshot, status.spec))
    player(f"live_{job_id}", scene, job_id)
    if status.history["iteration"]:
        _curves(status)


def _progress(status: "JobStatus") -> tuple[float, str]:
    """Share of the iterations done, and words."""
    most, done = status.spec.iterations, _iteration(status)
    share, words = (done or 0) / most, [f"Iteration {done:,} of {most:,}"] if done is not None else []
    if status.choosing is not None:
        begun, trainings, share = status.choosing
        words = [f"Choosing λ by the data: {begun} of at most {trainings} trainings begun, {share:.0%} done"]
    if status.state != "running" and status.message:
        words.append(escape(status.message))
    elif status.state == "stopping":
        words.append("stopping")
    elif status.paused:
        words.append("paused")
    return min(1.0, share), " · ".join(words) or "Starting"


def _numbers(status: "JobStatus") -> None:
    last = {name: column[-1] for name, column in status.history.items() if column}
    cells = st.container(horizontal=True, gap="small")
    for label, key in (("Cost J", "cost"), ("= data term", "data_term"), ("\\+ penalty", "penalty")):
        cells.metric(label, _number(last.get(key)), width=140, help=explained(key))
    here = f"Here in {error_unit(status.spec)}."
    cells.metric("Test error", _number(last.get("test_error")), width=140, help=explained("test_error", here))
    cells.metric("Iterations per second", _number(status.rate), width=150, help=explained("rate"))
    cells.metric("Time left", _duration(status.time_left), width=180, help=explained("time_left"))
    if status.spec.tikhonov != AUTO:
        weight = status.spec.weight_at(_iteration(status) or 0)
        said = cost_words(last.get("data_term"), last.get("penalty"), weight)
        st.caption(escape(said) or "J = data term + λ‖θ‖².", help=explained("square"))
    st.caption(_ode_words(status.spec, last), help=explained("ode_difference"))


def _curves(status: "JobStatus") -> None:
    """Cost and errors beside each other."""
    history, unit, made = status.history, error_unit(status.spec), status.changes
    reach = axis_reach(_iteration(status) or 0, status.spec.iterations)
    left, right = st.columns(2)
    with left:
        updating_chart(f"curves_{status.job_id}_cost", live_cost(history, reach, made, dark=dark()))
    with right:
        updating_chart(f"curves_{status.job_id}_error", live_error(history, unit, reach, made, dark=dark()))


def _ode_words(spec: RunSpec, last: Mapping[str, float]) -> str:
    """How the network stands to its ODE by the newest row; a line that keeps the place until it is known."""
    substeps = int(last.get("substeps", spec.substeps))
    said = on_the_way(last.get("ode_difference", math.nan), substeps, spec.substeps)
    return said or "The network is held against its own ODE as it trains."


def _iteration(status: "JobStatus") -> int | None:
    column: Sequence[float] = status.history.get("iteration") or []
    return int(column[-1]) if column else None


def _number(value: float | None) -> str:
    """Three digits: there are four numbers in a row."""
    return "–" if value is None or not math.isfinite(value) else measured(value)


def _duration(seconds: float | None) -> str:
    """Seconds as 12 s, 3:05 min or 2:40 h."""
    if seconds is None:
        return "–"
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    return (
        f"{whole // 60}:{whole % 60:02} min" if whole < 3600 else f"{whole // 3600}:{whole % 3600 // 60:02} h"
    )
