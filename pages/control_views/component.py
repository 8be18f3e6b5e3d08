"""Which component is turned off: one classifier of data in the plane, trained with either of them left."""

from functools import partial

import streamlit as st

from autoencode_core.data.catalogue import CATALOGUE
from autoencode_core.figures.control.component import (
    component_names,
    component_table,
    component_words,
    horizons_figure,
    horizons_table,
)
from autoencode_core.figures.scenes.component import component_scene
from autoencode_core.glossary import explained
from autoencode_core.questions.control import COMPONENT, COMPONENT_HORIZONS, Component
from autoencode_core.spec import RunSpec
from autoencode_core.store.record import RunRecord
from autoencode_core.words import measured
from pages.shared.answers import ask, ask_for, told
from pages.shared.charts import chart, table_button
from pages.shared.flow_time import linked_player
from pages.shared.linked import linked_choice, linked_switch
from pages.shared.setup import dark, escape, guard
from pages.shared.words import dataset, regime

_OWN = "own"
_PLANAR = [name for name, card in CATALOGUE.items() if card.width == 2 and card.classes > 1]
_HORIZONS = (0.0, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0)


def component_view(run_id: str, record: RunRecord) -> None:
    """Draws the view.

    Args:
        run_id: id of the run.
        record: the run; where it is no classifier of data in the plane a standard one is compared.
    """
    name, horizon = _knobs()
    found = told(ask(COMPONENT, record, dataset=name, horizon=horizon), "Both classifiers")
    if found is None:
        return
    _heading(record, found)
    count = len(found["labels"])
    identity = f"{run_id} component {name} {horizon}"
    draw, end = partial(component_scene, found, identity), RunSpec.as_stored(found["spec"]).horizon
    linked_player("control_component", run_id, end, draw, identity, count)
    words = "State, class and predicted class of each particle at every t, for both choices."
    table_button("component_csv", f"{run_id}-choices", lambda: component_table(found), words=words)
    with st.container(horizontal=True, gap="small"):
        for place in range(2):
            _metrics(found, place)
    st.markdown(escape(component_words(found)))
    with guard():
        _against_horizon(run_id, record, name)


def _knobs() -> tuple[str, float | None]:
    """The data set, "" for that of the spec, and T, None for that of the spec."""
    left, right = st.columns(2)
    with left:
        name = linked_choice(
            st.selectbox,
            "Data in the plane",
            [_OWN, *_PLANAR],
            _OWN,
            link="plane",
            format_func=lambda value: "of the run, else Two moons" if value == _OWN else dataset(value),
            key="component_data",
            help="What the two classifiers are trained on. It needs two components and labels.",
        )
    with right:
        horizon = linked_choice(
            st.select_slider,
            "Horizon T",
            _HORIZONS,
            _HORIZONS[0],
            link="horizon",
            format_func=lambda value: f"{value:g}" if value else "of the run, else 2",
            key="component_horizon",
            help="How long the flow runs; the encoder has half of it. With tanh nothing moves faster than 1.",
        )
    return ("" if name == _OWN else name), (horizon or None)


def _heading(record: RunRecord, found: Component) -> None:
    spec = RunSpec.as_stored(found["spec"])
    if not found["own"]:
        st.caption("This run is no classifier of data in the plane: a standard one is compared instead.")
    st.caption(escape(f"{dataset(spec.dataset)} · {regime(spec)} · N = {spec.particles}"))


def _metrics(found: Component, place: int) -> None:
    name = component_names(found)[int(found["off"][place])]
    st.metric(
        f"Accuracy, {name} off",
        f"{found['accuracy'][place]:.1%}",
        width=170,
        help=explained("accuracy", f"Here of {found['tested']} test particles."),
    )
    st.metric(
        f"J, {name} off",
        measured(found["cost"][place]),
        width=170,
        help=explained(
            "cost",
            f"Here of a training that {found['ended'][place]}; accuracy on its own particles "
            f"{found['train_accuracy'][place]:.1%}.",
        ),
    )


def _against_horizon(run_id: str, record: RunRecord, name: str) -> None:
    """The accuracy against T, when asked for: it trains 36 classifiers."""
    if not linked_switch(
        "Accuracy against T",
        link="against",
        key="component_against",
        help="Both choices at six horizons, three seeds each: 36 trainings.",
        on_change=ask_for,
        args=(COMPONENT_HORIZONS,),
    ):
        return
    found = told(ask(COMPONENT_HORIZONS, record, dataset=name), "Both classifiers at six horizons")
    if found is not None:
        words = "Accuracy of the classifier with either component turned off, against the horizon."
        figure = horizons_figure(found, dark=dark())
        chart("component_horizons", figure, words, f"{run_id}-component", lambda: horizons_table(found))
