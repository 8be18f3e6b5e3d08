"""What a study trains: one spec, a span of Tikhonov weights, and seeds."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from autoencode_core.errors import InputError
from autoencode_core.knobs import bounds
from autoencode_core.spec import RunSpec
from autoencode_core.store.study import FURTHER, STUDY_SPEC, Kind, Plan, spread
from autoencode_core.words import as_set
from pages.shared.controls import last_spec
from pages.shared.run_menu import record_of
from pages.shared.setup import escape, guard, jobs
from pages.shared.shown import JOB, STUDY, last_run
from pages.shared.visitor import visitor
from pages.shared.words import setting

if TYPE_CHECKING:
    from autoencode_core.store.record import RunRecord

_SPANS: Mapping[Kind, tuple[float, float]] = {"strip": (1e-4, 1e-1), "continuation": (1e-3, 4e-2)}
_COUNTS: Mapping[Kind, tuple[int, int, int]] = {"strip": (5, 9, 7), "continuation": (5, 25, 14)}
_ITERATIONS: Mapping[Kind, int] = {"strip": 300, "continuation": 600}
_GRID = (*(float(f"{step}e{power}") for power in range(-6, 1) for step in (1, 2, 4)), 10.0)
_MOST_SEEDS = 16


def plan_form(kind: Kind, opened: bool) -> None:
    """The knobs of a study and the button that begins it; the job's id goes into the link.

    Args:
        kind: of the study.
        opened: whether the form is unfolded at first.
    """
    words = "Train a strip of your own" if kind == "strip" else "Follow the minimisers of another spec"
    with st.expander(words, expanded=opened, key=f"{kind}_plan"), guard():
        source = _source(kind)
        spec = _spec_of(source)
        st.caption(escape(setting(spec)))
        values = _knobs(kind, spec)
        weights, seeds = values["tikhonov"], values["seeds"]
        sample = spec.sample if values["shared"] else None
        spec = spec.but(iterations=values["iterations"], data_seed=sample)
        about = {"further": values["further"], "name": values["name"]}
        plan = Plan(kind=kind, spec=spec, tikhonov=weights, seeds=seeds, **about)
        start = _start(source) if kind == "continuation" else None
        count = len(plan.settings())
        st.caption("λ = " + ", ".join(as_set(weight) for weight in plan.tikhonov))
        if st.button(f"Train {count} runs", type="primary", key=f"{kind}_train"):
            STUDY.drop()
            JOB.set(jobs().study(plan, start, visitor()))
            st.rerun()


def _source(kind: Kind) -> str:
    """Where the spec comes from."""
    sources = {"standard": "S-curve, single layer: the standard case"}
    if last_spec() is not None:
        sources["knobs"] = "The knobs of the Playground"
    if last_run():
        sources["run"] = "The run that was looked at last"
    chosen = st.selectbox(
        "Spec",
        list(sources),
        format_func=sources.__getitem__,
        key=f"{kind}_source",
        help="All knobs but λ and the seed. Set your own on the Playground, or open a run on Flow.",
    )
    return str(chosen)


def _spec_of(source: str) -> RunSpec:
    if source == "run":
        return record_of(last_run()).spec
    return (last_spec() if source == "knobs" else None) or STUDY_SPEC


def _knobs(kind: Kind, spec: RunSpec) -> dict[str, Any]:
    """λ, seeds and iterations, as asked for."""
    low, high = _SPANS[kind]
    fewest, most, usual = _COUNTS[kind]
    left, middle, right = st.columns(3)
    with left:
        first, last = st.select_slider(
            "Tikhonov weight λ, from … to",
            _GRID,
            (low, high),
            format_func=as_set,
            key=f"{kind}_span",
            help="The ends of the span; the values between are spread evenly on a logarithmic scale.",
        )
    with middle:
        count = st.slider("Values of λ", fewest, most, usual, key=f"{kind}_count")
    with right:
        seeds = st.number_input(
            "Seeds" if kind == "strip" else "Seeds at the lowest λ",
            1,
            _MOST_SEEDS,
            4,
            key=f"{kind}_seeds",
            help="Random initial controls, 0, 1, 2, …"
            if kind == "strip"
            else "Random starts at the lowest λ; the upward branch begins at the best of them.",
        )
    left, middle, right = st.columns(3, vertical_alignment="bottom")
    with left:
        iterations = st.number_input(
            "Iterations",
            1,
            int(bounds("iterations")[1] or 1),
            _ITERATIONS[kind] if spec == STUDY_SPEC else spec.iterations,
            step=50,
            key=f"{kind}_iterations_{spec == STUDY_SPEC}",
            help="Iterations of each run; one that has converged ends earlier.",
        )
    with middle:
        further = st.number_input(
            "Train on, up to … times as many",
            0,
            99,
            FURTHER,
            key=f"{kind}_further",
            help="A run that has not converged after its iterations is trained on, for up to so many times "
            "as many: only runs that have converged count as minimisers. Adam's schedule ends; it is not.",
        )
    shared = True
    if kind == "strip":
        shared = right.toggle(
            "All seeds meet the same particles",
            True,
            key=f"{kind}_shared",
            help="Then seeds differ in the initial control alone, and what they find can be compared. "
            "Otherwise each seed draws its own particles too.",
        )
    name = st.text_input("Name of the study", max_chars=80, key=f"{kind}_name", placeholder="none")
    if not first < last:
        raise InputError("tikhonov", f"{as_set(first)} … {as_set(last)}", "a span whose ends differ")
    return {
        "tikhonov": spread(first, last, count),
        "seeds": range(int(seeds)),
        "iterations": int(iterations),
        "further": int(further),
        "shared": shared,
        "name": name or "",
    }


def _start(source: str) -> "RunRecord | None":
    """The run in which the upward branch begins, if a run is the source."""
    if source != "run":
        return None
    wanted = st.toggle(
        "The upward branch begins with this run's control",
        False,
        key="continuation_start",
        help="Instead of the best of the seeds; its λ should be near the lowest one.",
    )
    return record_of(last_run()) if wanted else None
