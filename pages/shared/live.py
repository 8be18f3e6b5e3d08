"""What moves while a run trains: its particles, its curves, and the panel around them."""

import math
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import streamlit as st

from autoencode_core.errors import InputError
from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.figures.scenes.live import live_scene
from autoencode_core.ode import ABOUT, on_the_way
from autoencode_core.spec import RunSpec
from autoencode_core.units import error_unit
from pages.shared.curves import live_curves
from pages.shared.player import player
from pages.shared.setup import escape, guard, jobs

if TYPE_CHECKING:
    from autoencode_core.desk.training_job import JobStatus

RUNNING = ("starting", "waiting", "running", "stopping")
"""States of a job that has not ended."""
REFRESH_SECONDS = 0.3


def live_view(key: str, identity: str, snapshot: Mapping[str, Any] | None, spec: RunSpec | None) -> None:
    """Particles that move to their new places when the snapshot changes; zoom and turn stay.

    Args:
        key: the same for all pictures of one run.
        identity: the run that trains.
        snapshot: from the desk of jobs, None while there is none.
        spec: what is trained.
    """
    player(key, None if snapshot is None else encode(live_scene(identity, snapshot, spec)), identity)


def job_panel(job_id: str) -> None:
    """A job as it goes: progress, cost, particles, curves, Stop; when it ends, the whole page runs again.

    Args:
        job_id: id of the job.

    Raises:
        InputError: there is no such job.
    """
    status = jobs().status(job_id)
    runs = status.state in RUNNING
    if not runs:
        (st.error if status.state == "failed" else st.info)(escape(status.message or "The run has ended."))
        return
    st.fragment(_watch, run_every=REFRESH_SECONDS)(job_id)


@guard()
def _watch(job_id: str) -> None:
    status = jobs().status(job_id)
    if status.state not in RUNNING:
        st.rerun()
    _progress(status)
    if status.choosing is not None:
        st.caption(
            "λ comes first: flows are trained on a part of the training rows and judged on the rest, for "
            "ever lower λ. Then the run itself trains, on all of them."
        )
        return
    _numbers(status)
    shot = jobs().snapshot(job_id)
    live_view(f"live_{job_id}", job_id, shot, status.spec)
    if status.history["iteration"]:
        live_curves(status.history, f"curves_{job_id}", error_unit(status.spec), _reach(status))


def _progress(status: "JobStatus") -> None:
    most, done = status.spec.iterations, _iteration(status)
    share, words = (done or 0) / most, [f"Iteration {done:,} of {most:,}"] if done is not None else []
    if status.choosing is not None:
        begun, trainings, share = status.choosing
        words = [f"Choosing λ by the data: {begun} of at most {trainings} trainings begun, {share:.0%} done"]
    if status.state != "running" and status.message:
        words.append(escape(status.message))
    elif status.state == "stopping":
        words.append("stopping")
    bar, button = st.columns([6, 1], vertical_alignment="bottom")
    bar.progress(min(1.0, share), text=" · ".join(words) or "Starting")
    button.button(
        "Stop",
        key=f"stop_{status.job_id}",
        on_click=_stop,
        args=(status.job_id,),
        disabled=status.state == "stopping",
        width="stretch",
        help="Ends after the iteration that is under way. The run is kept as far as it came.",
    )


def _numbers(status: "JobStatus") -> None:
    last = {name: column[-1] for name, column in status.history.items() if column}
    cells = st.container(horizontal=True, gap="small")
    cells.metric(
        "Cost J", _number(last.get("cost")), width=140, help="What training lowers: data term + penalty."
    )
    cells.metric(
        "= data term",
        _number(last.get("data_term")),
        width=140,
        help="Mean over particles of the squared distance to the target, in flow coordinates.",
    )
    cells.metric(
        "\\+ penalty", _number(last.get("penalty")), width=140, help="λ‖θ‖², the price of the control."
    )
    cells.metric(
        "Test error",
        _number(last.get("test_error")),
        width=140,
        help=f"Mean squared distance on held-out particles, {error_unit(status.spec)}.",
    )
    cells.metric("Iterations per second", _number(status.rate), width=150)
    cells.metric(
        "Time left",
        _duration(status.time_left),
        width=180,
        help="At the present rate, to the last iteration.",
    )
    st.caption(_ode_words(status.spec, last), help=ABOUT)


def _ode_words(spec: RunSpec, last: Mapping[str, float]) -> str:
    """How the network stands to its ODE by the newest row; a line that keeps the place until it is known."""
    substeps = int(last.get("substeps", spec.substeps))
    said = on_the_way(last.get("ode_difference", math.nan), substeps, spec.substeps)
    return said or "The network is held against its own ODE as it trains."


def _stop(job_id: str) -> None:
    with suppress(InputError):  # it is gone already
        jobs().stop(job_id)


def _iteration(status: "JobStatus") -> int | None:
    column = status.history.get("iteration")
    return int(column[-1]) if column else None


def _number(value: float | None) -> str:
    """Three digits: there are four numbers in a row."""
    return "–" if value is None or not math.isfinite(value) else f"{value:.3g}"


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


def _reach(status: "JobStatus") -> int:
    """How far the curves' axis goes: it doubles as the run goes on, up to its last iteration."""
    done = max(50, _iteration(status) or 0)
    return min(status.spec.iterations, 2 ** math.ceil(math.log2(done + 1)))
