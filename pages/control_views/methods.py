"""Methods: pmp, adam and lbfgs from the start of a run, and what each makes of its time."""

import streamlit as st

from autoencode_core.figures.control.methods import (
    CLOCKS,
    ending,
    final_cost,
    methods_figure,
    methods_table,
    methods_words,
)
from autoencode_core.glossary import explained
from autoencode_core.questions.control import METHODS, Methods
from autoencode_core.store.record import RunRecord
from pages.shared.answers import ask, told
from pages.shared.charts import chart
from pages.shared.linked import linked_choice
from pages.shared.setup import dark, escape, guard
from pages.shared.words import number

ITERATIONS = (20, 50, 100, 200, 500, 1000, 2000)
_FITTING = 0
_WORK = 4e8
"""Entries of the control times particles times iterations that take a few seconds, about."""
_HELP = {
    "pmp": "Forward, backward, then at every layer a step towards the largest Hamiltonian; J never rises.",
    "adam": "Gradient steps with a size of its own for each entry of θ.",
    "lbfgs": "Quasi-Newton steps with a line search: several gradients an iteration at times.",
}


def methods_view(run_id: str, record: RunRecord) -> None:
    """Draws the view.

    Args:
        run_id: id of the run.
        record: the run: its particles, architecture, λ and start are those of all methods.
    """
    iterations, log = _knobs(record)
    found = told(ask(METHODS, record, iterations=iterations), "The methods, one after the other")
    if found is None:
        return
    _metrics(found)
    st.markdown(methods_words(found))
    for place, (column, clock) in enumerate(zip(st.columns(len(CLOCKS)), CLOCKS, strict=True)):
        with column, guard():
            figure = methods_figure(found, clock, log=log, dark=dark())
            alt = f"Cost J of pmp, adam and lbfgs against {CLOCKS[clock][1]}."
            table = None if place else lambda: methods_table(found)
            chart(f"control_methods_{clock}", figure, alt, f"{run_id}-methods-{clock}", table)
    with guard():
        _endings(found)


def fitting(record: RunRecord) -> int:
    """Iterations that take a few seconds for a run of this size.

    Args:
        record: the run.
    """
    each = len(record.weights["control"]) * record.spec.particles
    return max(
        (count for count in ITERATIONS if count * each <= _WORK and count <= 200), default=ITERATIONS[0]
    )


def _knobs(record: RunRecord) -> tuple[int, bool]:
    """Iterations, and whether the horizontal axes are logarithmic."""
    left, right = st.columns(2, vertical_alignment="bottom")
    with left:
        chosen = linked_choice(
            st.select_slider,
            "Iterations of each",
            [_FITTING, *ITERATIONS],
            _FITTING,
            link="each",
            format_func=lambda count: f"{count}" if count else "quick",
            key="methods_iterations",
            help=f"Most iterations of each method; quick: {fitting(record)} for this run, some seconds. "
            "A method ends sooner where its gradient vanishes or it finds no lower J.",
        )
    with right:
        scale = linked_choice(
            st.segmented_control,
            "Iterations, gradients and seconds",
            ["linear", "log"],
            "linear",
            link="axes",
            key="methods_scale",
            required=True,
            help="The horizontal axes. J is always on a logarithmic axis.",
        )
    return chosen or fitting(record), scale == "log"


def _metrics(found: Methods) -> None:
    cells = st.container(horizontal=True, gap="small")
    for name in found["methods"]:
        help_text = explained("cost", f"Here where it ended. {_HELP[name]}")
        cells.metric(f"J of {name}", number(final_cost(found, name)), width=140, help=help_text)


def _endings(found: Methods) -> None:
    """How each method ended, in words."""
    st.caption("\n".join(f"- **{name}**: {escape(ending(found, name))}." for name in found["methods"]))
    paper = found["metric"] == "control"
    measure = "the control (as in the paper)" if paper else "the field along the paths of the particles"
    st.caption(
        f"pmp measures its steps by how much they change {measure}. Seconds are those of cost and gradient "
        "on this machine, beside whatever else it does; gradients are of all particles."
    )
