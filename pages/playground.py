"""Playground: set the knobs, train, watch the width-varying flow."""

import streamlit as st

from autoencode_core.errors import InputError
from autoencode_core.figures.run.images import is_image_run
from autoencode_core.glossary import TERMS, explained
from autoencode_core.ode import sentence
from autoencode_core.overfit import overfit_sentence
from autoencode_core.questions.run import COLUMN_ERRORS
from autoencode_core.spec import AUTO, RunSpec
from autoencode_core.store.record import RunRecord
from autoencode_core.units import error_unit, percent
from autoencode_core.words import cost_words, part_of
from pages.shared.answers import ask, told
from pages.shared.branch_view import branch_view
from pages.shared.charts import table_button
from pages.shared.choice_chart import choice_chart
from pages.shared.controls import knobs
from pages.shared.dataset_knob import drawing_wanted
from pages.shared.drawing_board import drawing_board, tell_of_drawing
from pages.shared.first_picture import FIRST_PICTURE, first_picture_stands
from pages.shared.first_run import FLOW_BOX, TRAIN_BOX, presets, welcome
from pages.shared.flow_view import flow_view
from pages.shared.job_panel import RUNNING, job_panel
from pages.shared.knob_link import write_knobs
from pages.shared.reproduce import reproduce_button
from pages.shared.run_menu import OPENING, record_of
from pages.shared.run_picture import run_picture
from pages.shared.setup import complain, escape, explanation, guard, jobs, page_setup, unusual
from pages.shared.shown import (
    follow_link,
    forget_job,
    last_job,
    last_run,
    look_at_job,
    look_at_run,
    remember_run,
)
from pages.shared.table_preview import pending, preview
from pages.shared.teaching import any_may_be_turned, may_train
from pages.shared.touched_knobs import set_knobs
from pages.shared.tries import begun, my_tries
from pages.shared.visitor import visitor
from pages.shared.words import number, regime, title

_MOST_WATCHED = 4
"""Most of one's own trainings that are not on screen and have a button each."""


def render() -> None:
    """Draws the page."""
    page_setup("Playground")
    spec: RunSpec | None = None  # where the knobs fail, the page stays
    with st.sidebar, guard():
        button = st.container()  # stands above the knobs, but needs what they say
        spec = knobs()
        with button:
            with st.container(key=TRAIN_BOX):
                if may_train():
                    _train_button(spec)
            _other_jobs()
    with guard():
        _main(spec)
    with guard():
        if spec is not None:
            write_knobs(spec)


def _main(spec: RunSpec | None) -> None:
    """What the knobs stand beside: a table or a drawing to be taken, a training, or a run."""
    if pending():
        preview()
        return
    if drawing_wanted():
        drawing_board()
        return
    tell_of_drawing()
    follow_link()
    welcome()
    if last_job() and _watch(last_job(), spec):
        return
    _show_run(last_run() or OPENING, spec)


def _train_button(spec: RunSpec | None) -> None:
    help_text, waits = "Train a flow with these knobs; it is stored when it ends.", True
    if spec is None:
        if pending():
            help_text = "First take the table, or another data set."
        elif drawing_wanted():
            help_text = "First use the drawing."
        else:
            help_text, waits = "First mend what is marked red.", False
    if not waits:
        st.caption("A knob below needs mending: it is marked red.")
    if st.button("Train", type="primary", width="stretch", disabled=spec is None, help=help_text) and spec:
        job_id = jobs().train(spec, visitor())
        begun(job_id)
        look_at_job(job_id)
        st.rerun()


def _other_jobs() -> None:
    """One's own trainings that are not on screen, begun in another tab perhaps; the others are counted."""
    others = [job for job in jobs().list() if job.state in RUNNING and job.job_id != last_job()]
    own = [job for job in others if not job.owners or visitor() in job.owners]
    for job in own[:_MOST_WATCHED]:
        words = f"Watch {title(job.spec)}"
        if st.button(words, key=f"watch_{job.job_id}", type="tertiary"):
            look_at_job(job.job_id)
            st.rerun()
    if more := len(others) - len(own[:_MOST_WATCHED]):
        st.caption(f"{more} other training{'s' * (more > 1)} under way: see the page Runs.")


def _watch(job_id: str, asked: RunSpec | None) -> bool:
    """Shows a job that has not ended; a job that has ended gives way to its run."""
    try:
        status = jobs().status(job_id)
    except InputError:
        st.info("The job in the link is not known here any more. If it ended, its run is on the page Runs.")
        forget_job()
        return False
    if status.state in RUNNING:
        job_panel(job_id, asked)
        return True
    if status.run_id:
        look_at_run(status.run_id)
        return False
    st.warning(escape(status.message))
    forget_job()
    return False


def _show_run(run_id: str, asked: RunSpec | None) -> None:
    try:
        record = record_of(run_id)
    except InputError as error:
        complain(error)
        if run_id == OPENING:
            return
        run_id, record = OPENING, record_of(OPENING)
    if run_id != OPENING:
        look_at_run(run_id)
    _headline(record)
    if may_train() and asked is not None and not _is_of(record, asked):
        st.caption("The knobs on the left ask for another run than this one: press Train to see it.")
    with st.container(key=FLOW_BOX):
        _flow(run_id, record)
    presets()
    with guard():
        my_tries(record.spec)
    _without_training()
    if first_picture_stands():
        _figures(run_id, record)
    explanation("flow")


def _is_of(record: RunRecord, asked: RunSpec) -> bool:
    """Whether a run is what a spec asks for; where its data chose λ, whatever they chose.

    A run that converged is that of any number of iterations.
    """
    if asked.tikhonov == AUTO and record.choice is not None:
        asked = asked.but(tikhonov=record.spec.tikhonov)
    if record.status == "converged":
        asked = asked.but(iterations=record.spec.iterations)
    return asked == record.spec


@st.fragment
@guard()
def _flow(run_id: str, record: RunRecord) -> None:
    """The flow, playing; what is done with it draws only itself anew."""
    if run_id != OPENING:
        remember_run(run_id)
    said = flow_view(run_id, record, key="playground", title=record.name or title(record.spec), tell=True)
    if said.drawn and not FIRST_PICTURE.get():
        FIRST_PICTURE.set(True)
        st.rerun()


def _headline(record: RunRecord) -> None:
    """Which run this is, how it ended, and its figures."""
    spec, summary = record.spec, record.summary
    head, action, again = st.columns([3.2, 1, 1], vertical_alignment="bottom")
    head.subheader(escape(record.name or title(spec)), anchor=False)
    if any_may_be_turned():
        action.button(
            "Use its knobs",
            on_click=set_knobs,
            args=(spec,),
            width="stretch",
            help="Turn the knobs on the left to what this run was trained with.",
        )
    with again:
        reproduce_button("playground", record)
    unusual(record)
    if said := sentence(record):
        st.markdown(f"**{escape(said)}**", help=explained("ode_difference"))
    if said := overfit_sentence(summary):
        st.warning(escape(said))
    ended = "" if record.status == "diverged" else f" · {record.message}"
    took = f" Training took {summary['seconds']:.1f} s." if ended and summary.get("seconds") else ""
    st.caption(escape(f"{regime(spec, record.substeps)}{ended}{took}"))
    _summary(record)


def _summary(record: RunRecord) -> None:
    """The figures of a run, beside those of PCA."""
    spec, summary, history = record.spec, record.summary, record.history
    unit = error_unit(spec)
    cells = st.container(horizontal=True, gap="small")
    cells.metric(
        "Unexplained, test", percent(summary.get("unexplained")), width=150, help=explained("unexplained")
    )
    if summary["accuracy"] is not None:
        cells.metric("Test accuracy", f"{summary['accuracy']:.1%}", width=150, help=explained("accuracy"))
    else:
        error = number(summary["pca_test_error"])
        cells.metric(
            f"PCA, {spec.bottleneck} component{'s' * (spec.bottleneck > 1)}, test",
            percent(summary.get("pca_unexplained")),
            width=180,
            help=explained("pca", f"Here: its unexplained share; its test error is {error} {unit}."),
        )
    wide = 178 if len(unit) < 12 else 250
    for name, key in (("test_error", "pca_test_error"), ("train_error", "pca_train_error")):
        cells.metric(
            f"{TERMS[name].name} ({unit})",
            number(summary[name]),
            delta=part_of(summary[name], summary[key], "PCA's") or None,
            delta_color="off",
            delta_arrow="off",
            width=wide,
            help=explained(name),
        )
    cells.metric("Cost J", number(history["cost"][-1]), width=150, help=explained("cost"))
    last = {name: history[name][-1] for name in ("data_term", "penalty") if history.get(name)}
    if said := cost_words(last.get("data_term"), last.get("penalty"), spec.weight):
        st.caption(escape(said), help=explained("square"))


def _figures(run_id: str, record: RunRecord) -> None:
    """What stands still: reconstruction, errors, history."""
    left, right = st.columns([3, 2])
    with left:
        run_picture(run_id, record, "reconstruction")
    with right:
        run_picture(run_id, record, "errors")
    run_picture(run_id, record, "history")
    if record.spec.task in ("reconstruct", "denoise") and not is_image_run(record):
        _columns(run_id, record)
    if record.choice is not None:
        choice_chart(run_id, record.choice, "playground_choice")


@st.fragment
@guard()
def _without_training() -> None:
    """λ turned by hand over runs that were trained before."""
    st.subheader("Turn λ without training", anchor=False)
    branch_view("playground_branch")


def _columns(run_id: str, record: RunRecord) -> None:
    """How well each column is reconstructed, computed when it is asked for."""
    box = st.expander("Column by column, in each column's own unit", key="columns", on_change="rerun")
    if not box.open:
        return
    with box:
        found = told(ask(COLUMN_ERRORS, record), "Errors of the columns")
        if found is None:
            return
        st.dataframe(
            {
                "Column": found["columns"],
                "This run": found["network"],
                "PCA": found["pca"],
                "Spread": found["spread"],
            },
            hide_index=True,
            column_config={
                name: st.column_config.NumberColumn(help=explained(key), format="%.4g")
                for name, key in (("This run", "column_error"), ("PCA", "pca"), ("Spread", "spread"))
            },
            alt="One column of the data in a row: errors of the run and of PCA, and the column's spread.",
        )
        words = f"Root mean squared errors over {found['particles']} test particles."
        columns = {name: found[name] for name in ("columns", "network", "pca", "spread")}
        table_button("columns_csv", f"{run_id}-columns", lambda: columns, words=words)


if __name__ == "__main__":
    render()
