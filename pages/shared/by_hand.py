"""What a person does with a run while it trains: pause, one iteration, another λ or step, stop."""

from typing import TYPE_CHECKING, Any, Literal

import streamlit as st

from autoencode_core.compare import differences
from autoencode_core.errors import InputError
from autoencode_core.spec import RunSpec
from autoencode_core.words import as_set
from autoencode_core.workers.orders import IDLE_SECONDS
from pages.shared.knob_widgets import GRIDS
from pages.shared.session import SessionKey
from pages.shared.setup import complain, escape, jobs
from pages.shared.teaching import any_may_be_turned
from pages.shared.touched_knobs import set_knobs
from pages.shared.visitor import visitor
from pages.shared.words import regime, title

if TYPE_CHECKING:
    from autoencode_core.desk.training_job import JobStatus

_REFUSED = SessionKey("by_hand_refused", InputError)
_KEPT = "The run is kept as far as it came."
_PAUSE = (
    "Waits after the iteration that is under way, without computing. After "
    f"{IDLE_SECONDS / 60:.0f} minutes in which nothing is asked for, the run is stopped and kept as it is."
)
_WEIGHT = (
    "λ from the next iteration on: J, its gradient and what the method knows of them follow; J jumps there. "
    "The change stands in the run's knobs, and is made again when the run is trained again."
)
_STEPS = {
    "pmp": ("Step τ", "τ of the next trial; as ever it grows where trials succeed and is halved where not."),
    "adam": ("Highest step", "The peak of the one-cycle that adam's step follows, from now on."),
    "lbfgs": ("First step", "lbfgs forgets what it knows of J's curvature and begins anew with this step."),
}
_MOST_NAMED = 3


def heading(status: "JobStatus", asked: RunSpec | None) -> None:
    """What trains, and that the knobs ask for something else where they do.

    Args:
        status: of the training.
        asked: what the knobs ask for, None where they ask for nothing valid.
    """
    st.subheader(f"Training: {escape(title(status.spec))}", anchor=False)
    st.caption(escape(regime(status.spec)))
    note = st.container(horizontal=True, vertical_alignment="center")  # always there, so that nothing moves
    trained = status.spec.unchanged()
    if asked is None or asked == trained:
        return
    note.caption(escape(_apart(trained, asked)), width="stretch")
    if any_may_be_turned() and note.button(
        "Use its knobs",
        key=f"knobs_of_{status.job_id}",
        help="Turn the knobs on the left to what trains here.",
    ):
        set_knobs(status.spec)
        st.rerun()


def _apart(trained: RunSpec, asked: RunSpec) -> str:
    """In which knobs what trains and what the knobs ask for differ, in a sentence."""
    knobs = [knob for knob in differences([trained, asked]) if knob.differs]
    said = [f"{knob.title} {knob.values[1]} (here {knob.values[0]})" for knob in knobs]
    more = len(said) - _MOST_NAMED
    listed = ", ".join(said[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
    return f"The knobs on the left ask for another run than the one that trains here: {listed}."


def whose(owners: frozenset[str]) -> str:
    """Why who looks can only watch a job, in a sentence; "" where it is theirs alone, or nobody's.

    Args:
        owners: who asked for it.
    """
    if not owners or owners == {visitor()}:
        return ""
    if visitor() in owners:
        return "Others asked for the same: it goes on for all of you, and nobody can change or stop it alone."
    return "Another visitor asked for this: you can watch it, not change or stop it."


def buttons(status: "JobStatus") -> None:
    """Pause or resume, one iteration, stop; λ and step; for who asked for the training."""
    if said := whose(status.owners):
        st.caption(said)
        return
    job_id, busy = status.job_id, status.state != "running"
    row = st.container(horizontal=True, vertical_alignment="bottom")
    word = "resume" if status.paused else "pause"
    row.button(
        word.capitalize(),
        key=f"{word}_{job_id}",
        on_click=_do,
        args=(word, job_id),
        disabled=busy,
        type="primary" if status.paused else "secondary",
        icon=":material/play_arrow:" if status.paused else ":material/pause:",
        shortcut="Alt+P",
        help="Goes on where it paused." if status.paused else _PAUSE,
    )
    row.button(
        "One iteration",
        key=f"step_{job_id}",
        on_click=_do,
        args=("step", job_id),
        disabled=busy or not status.paused,
        icon=":material/skip_next:",
        shortcut="Alt+N",
        help="Takes the next iteration alone, then waits again; while the training pauses.",
    )
    stop_button(row, job_id, status.state == "stopping", _KEPT)
    left, right = st.columns(2)
    with left:
        _slider(status, "tikhonov", "Tikhonov weight λ", status.tikhonov, _WEIGHT)
    with right:
        label, words = _STEPS[status.spec.method]
        _slider(status, "step", label, status.step, f"{words} The change stands in the run's knobs.")
    refused = _REFUSED.pop()
    if refused is not None:
        complain(refused)


def stop_button(place: Any, job_id: str, stopping: bool, kept: str, width: str = "content") -> None:
    """A button that stops a job.

    Args:
        place: where it stands.
        job_id: id of the job.
        stopping: whether it was told to stop.
        kept: what is kept of it then.
        width: of the button.
    """
    place.button(
        "Stop",
        key=f"stop_{job_id}",
        on_click=_do,
        args=("stop", job_id),
        disabled=stopping,
        width=width,
        help=f"Ends after the iteration that is under way. {kept}",
    )


def _slider(status: "JobStatus", name: str, label: str, value: float | None, words: str) -> None:
    """A slider that stands at what was asked for last, and asks for another value when it is let go."""
    if value is None:  # the data choose λ
        st.caption("λ is what the data chose; it stands with the run when it has ended.")
        return
    key = SessionKey[float](f"live_{name}_{status.job_id}", float)
    grid = GRIDS["tikhonov" if name == "tikhonov" else "learning_rate"]
    begun = status.spec.weights[0] if name == "tikhonov" else status.spec.learning_rate
    made = [getattr(change, name) for change in status.changes]
    if key.get() != value:
        key.set(value)
    st.select_slider(
        label,
        options=sorted({*grid, value, begun, *(each for each in made if each is not None)}),
        value=value,  # a browser that misses the run above must not begin at the lowest, and ask for it
        key=key.name,
        format_func=as_set,
        on_change=_change,
        args=(status.job_id, name, key),
        disabled=status.state != "running",
        help=words,
    )


def _change(job_id: str, name: str, key: SessionKey[float]) -> None:
    _do("change", job_id, **{name: key.get()})


def _do(what: Literal["pause", "resume", "step", "change", "stop"], job_id: str, **values: Any) -> None:
    """Asks something of a job; what is refused is told below the sliders."""
    try:
        getattr(jobs(), what)(job_id, visitor(), **values)
    except InputError as error:
        if error.field != "job":  # it is gone already
            _REFUSED.set(error)
