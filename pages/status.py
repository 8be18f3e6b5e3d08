"""Status: how the server, its queue and its workers are, and what to do where something is wrong."""

from typing import TYPE_CHECKING, Any

import psutil
import streamlit as st

from autoencode_core.glossary import explained
from pages.shared.health import store_writable
from pages.shared.job_panel import RUNNING
from pages.shared.setup import escape, explanation, guard, jobs, page_setup
from pages.shared.visitor import visitor
from pages.shared.words import dataset, title

if TYPE_CHECKING:
    from autoencode_core.desk.overview import Overview
    from autoencode_core.desk.study_job import StudyStatus
    from autoencode_core.desk.training_job import JobStatus

_REFRESH_SECONDS = 2.0
_MEGA = 1e6
_NONE = "–"
_STATES = {
    "idle": "No worker runs yet: the first training or question starts them.",
    "starting": "The workers are starting: that takes some seconds, and what is asked meanwhile waits.",
    "lost": "The workers are lost.",
}


def render() -> None:
    """Draws the page."""
    page_setup("Status")
    st.title("Status", anchor=False)
    st.fragment(_now, run_every=_REFRESH_SECONDS)()
    with guard():
        explanation("status")


@guard()
def _now() -> None:
    """All of it, as it is now."""
    seen = jobs().overview()
    with guard():
        _headline(seen)
    with guard():
        _numbers(seen)
    with guard():
        _queue()
    with guard():
        _workers(seen)
    with guard():
        _facts(seen)


def _headline(seen: "Overview") -> None:
    """Whether all is well, and what is not."""
    if not store_writable():
        st.error("The store cannot be written: no run can be kept. See below what to do.")
    if seen.state == "lost":
        st.error(escape(seen.message or _STATES["lost"]))
    elif seen.state == "ready":
        count = len(seen.workers)
        st.success(
            f"{count} worker{'s are' if count != 1 else ' is'} ready." if count else "Workers are ready."
        )
    else:
        st.info(escape(seen.message or _STATES[seen.state]))
    if seen.recovered:
        st.warning("From before the last start of the server:  \n" + "  \n".join(map(escape, seen.recovered)))


def _numbers(seen: "Overview") -> None:
    cells = st.container(horizontal=True, gap="small")
    for label, value, key in (
        ("Trainings running", seen.trainings_running, "job"),
        ("Trainings waiting", seen.trainings_waiting, "job"),
        ("Questions running", seen.questions_running, "server_question"),
        ("Questions waiting", seen.questions_waiting, "server_question"),
        ("Server memory", f"{psutil.Process().memory_info().rss / _MEGA:,.0f} MB", "memory"),
    ):
        cells.metric(label, value, width=150, help=explained(key))


def _queue() -> None:
    """Jobs that have not ended, the visitor's own by name."""
    st.subheader("Trainings and studies", anchor=False)
    rows = [
        *(_row(job, title(job.spec), "a training") for job in jobs().list() if job.state in RUNNING),
        *(_row(job, _study(job), "a study") for job in jobs().studies() if job.state in RUNNING),
    ]
    if not rows:
        st.caption("Nothing trains, and nothing waits.")
        return
    rows.sort(key=lambda row: int(row["Place in the queue"].strip(_NONE) or 0))
    terms = {"Job": "job", "State": "job_state", "Place in the queue": "queue_place"}
    _table(
        "status_jobs", rows, {**terms, "Begins in, seconds": "queue_wait"}, "A training or study in a row."
    )


def _study(job: "StudyStatus") -> str:
    return f"{job.plan.kind}, {len(job.latest)} runs of {dataset(job.plan.spec.dataset)}"


def _row(job: "JobStatus | StudyStatus", name: str, kind: str) -> dict[str, str]:
    own = visitor() in job.owners
    return {
        "Job": name if own else f"{kind} of another visitor",
        "State": job.state,
        "Place in the queue": _NONE if job.position is None else str(job.position),
        "Begins in, seconds": _NONE if job.wait is None else f"{job.wait:.0f}",
    }


def _workers(seen: "Overview") -> None:
    st.subheader("Workers", anchor=False)
    where = seen.scheduler if seen.scheduler == "own processes" else "a cluster"
    if not seen.workers:
        st.caption(f"There is none now ({where}).")
        return
    rows = [
        {
            "Worker": worker.name,
            "Trainings": worker.trainings,
            "Questions": worker.questions,
            "Memory, MB": round(worker.memory / _MEGA),
            "Processor, %": round(worker.cpu),
            "Heard of, seconds ago": round(worker.seen, 1),
        }
        for worker in seen.workers
    ]
    terms = {"Worker": "worker", "Trainings": "worker_work", "Questions": "worker_work"}
    terms |= {"Memory, MB": "memory", "Processor, %": "processor", "Heard of, seconds ago": "heard"}
    _table("status_workers", rows, terms, "A worker process in a row.")
    st.caption(f"They are {where}.")


def _table(key: str, rows: list[dict[str, Any]], terms: dict[str, str], alt: str) -> None:
    """Rows, each column with what it is."""
    config = {name: st.column_config.Column(help=explained(term)) for name, term in terms.items()}
    st.dataframe(rows, hide_index=True, column_config=config, key=key, alt=alt)


def _facts(seen: "Overview") -> None:
    """Limits and versions, in a line each."""
    limits = seen.limits
    st.caption(
        f"At most {limits.per_visitor} trainings and {limits.questions_per_visitor} questions of a visitor, "
        f"{limits.trainings} and {limits.questions} of all, wait or run at a time."
    )
    told = " · ".join(f"{name} {number}" for name, number in seen.versions.items())
    st.caption(escape(told))


if __name__ == "__main__":
    render()
