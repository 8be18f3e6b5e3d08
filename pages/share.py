"""Share: a lecturer makes a link that opens a page, a run or a lesson, and says what may be touched."""

from importlib import import_module

import streamlit as st

from autoencode_core.knob_links import SHORT, link_entries
from autoencode_core.knobs import in_words
from autoencode_core.lessons.reading import lessons
from autoencode_core.spec import RunSpec
from pages.router import PAGES
from pages.shared.controls import last_spec
from pages.shared.flow_time import TIME
from pages.shared.link import data_files, link_to
from pages.shared.run_menu import names_of, offered, record_of
from pages.shared.setup import guard, page_setup
from pages.shared.share import address_of, show_link
from pages.shared.shown import LESSON, RUN, last_run
from pages.shared.teaching import TEACH, Teaching
from pages.shared.touched_knobs import asked_of
from pages.shared.views import VIEW, Views

_OFFERED = ("playground", "lessons", "flow", "latent", "regimes", "control", "ode_limit", "mean_field")
_VIEWED = ("latent", "regimes", "control", "ode_limit", "mean_field")
_TIMED = ("playground", "flow")
_USUAL = ("tikhonov", "bottleneck")
"""Knobs that students may turn unless the lecturer says otherwise."""


def render() -> None:
    """Draws the page."""
    page_setup("Share")
    st.title("Share", anchor=False)
    st.markdown(
        "A link for a class: choose what it opens and what students may touch. Everything stands in the "
        "address itself; nothing is stored. It is no protection: whoever changes the address gets the "
        "whole app."
    )
    with guard():
        page = str(st.selectbox("Page", _OFFERED, format_func=PAGES.__getitem__, key="share_page"))
        entries = _shown(page)
        if page == "playground":
            entries |= _knobs(entries.get(RUN.name, ""))
        left, right = st.columns(2)
        alone = left.toggle(
            "Hide the rest of the app",
            True,
            key="share_alone",
            help="Neither menu nor Streamlit's own buttons are shown.",
        )
        entries |= _teaching(page, alone)
        if alone and right.toggle(
            "For a frame in another page",
            key="share_embed",
            help="Adds embed=true, which makes the margins narrow, for a frame in course pages.",
        ):
            entries["embed"] = "true"
        link = link_to(page, entries)
        st.subheader("The link", anchor=False)
        show_link(address_of(link))
        st.link_button("Open it", address_of(link))


def _shown(page: str) -> dict[str, str]:
    """What the page shows: a lesson, a view, a run, a moment."""
    if page == "lessons":
        titles = {name: lesson.title for name, lesson in lessons().items()}
        return {LESSON.name: str(st.selectbox("Lesson", list(titles), format_func=titles.__getitem__))}
    found: dict[str, str] = {}
    if page in _VIEWED:
        views: Views = import_module(f"pages.{page}").VIEWS  # here: its figures take their time
        titles = {view.name: view.title for view in views}
        found[VIEW.name] = str(st.selectbox("View", list(titles), format_func=titles.__getitem__))
        if found[VIEW.name] == views[0].name:
            found[VIEW.name] = ""
    entries = offered([last_run()])
    specs = {run_id: entry.spec for run_id, entry in entries.items() if entry.spec is not None}
    names = names_of(specs, entries)
    ids = ["", *specs]
    shown = last_run() if last_run() in ids else ""
    found[RUN.name] = str(
        st.selectbox(
            "Run",
            ids,
            ids.index(shown),
            format_func=lambda run_id: names.get(run_id, "that of the page"),
            key="share_run",
            help="The run that is shown first.",
        )
    )
    if page in _TIMED and found[RUN.name]:
        horizon = record_of(found[RUN.name]).spec.horizon
        t = st.slider(
            "Moment t", 0.0, float(horizon), 0.0, key=f"share_t_{found[RUN.name]}", help="Flow time."
        )
        found[TIME.name] = f"{t:.4g}" if t else ""
    return found


def _knobs(run_id: str) -> dict[str, str]:
    """Where the knobs stand: as on the Playground, or as the run has them."""
    now = last_spec()
    if now is None:
        return {}
    if not st.toggle(
        "The knobs as they stand on the Playground now",
        not run_id,
        key=f"share_now_{bool(run_id)}",
        help="Otherwise they stand as the run above has them, or at their defaults.",
    ):
        return {}
    return link_entries(now, asked_of(record_of(run_id).spec) if run_id else {}, data_files())


def _teaching(page: str, alone: bool) -> dict[str, str]:
    """What students may touch; on pages without knobs only whether the rest of the app is hidden."""
    if page != "playground":
        return {TEACH.name: Teaching(only=True).text()} if alone else {}
    if not st.toggle("Choose which knobs are shown", True, key="share_some"):
        return {}
    train = st.toggle(
        "Students may train",
        True,
        key="share_train",
        help="Otherwise there is no button Train: they look at what is trained already.",
    )
    spec = last_spec() or RunSpec()
    rows = [
        {
            "Knob": f"{RunSpec.model_fields[name].title} ({SHORT[name]})",
            "Stands at": in_words(name, getattr(spec, name)),
            "May be turned": name in _USUAL,
            "Is shown": name in (*_USUAL, "dataset"),
        }
        for name in SHORT
        if name != "reading"
    ]
    edited = st.data_editor(
        rows,
        hide_index=True,
        disabled=["Knob", "Stands at"],
        key="share_knobs",
        height=320,
    )
    names = [name for name in SHORT if name != "reading"]
    free = {name for name, row in zip(names, edited, strict=True) if row["May be turned"]}
    fixed = {name for name, row in zip(names, edited, strict=True) if row["Is shown"]} - free
    return {TEACH.name: Teaching(frozenset(free), frozenset(fixed), alone, train).text()}


if __name__ == "__main__":
    render()
