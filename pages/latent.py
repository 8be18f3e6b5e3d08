"""Latent: the codes of a run, what they stand for, and how they came about."""

import numpy as np
import streamlit as st

from autoencode_core.figures.arrays import codes
from autoencode_core.figures.scenes.plane import CodePlane, embedded_plane, plain_plane
from autoencode_core.questions.latent import EMBEDDING
from autoencode_core.store.record import RunRecord
from pages.latent_views.activity import activity
from pages.latent_views.decode import decode_view
from pages.latent_views.rows import rows_view
from pages.latent_views.training import training_view
from pages.latent_views.walk import walk_view
from pages.shared.answers import ask, told
from pages.shared.linked import linked_choice
from pages.shared.run_menu import choose_runs
from pages.shared.setup import explanation, guard, page_setup, unusual
from pages.shared.views import VIEW, View, Views, menu_help

VIEWS: Views = (
    View("decode", "Decode", "any code, that of a particle or one between them", decode_view),
    View("walk", "Walk", "straight from one code to another", walk_view),
    View("training", "Training", "the codes as they form in training", training_view),
    View(
        "rows", "Rows", "the codes of all rows to take along, and where those of a new file fall", rows_view
    ),
)
_WITHOUT_DECODER = ("training", "rows")
_PLANES = {"2": "2 axes", "3": "3 axes", "tsne": "t-SNE"}


def render() -> None:
    """Draws the page."""
    page_setup("Latent")
    runs: list[tuple[str, RunRecord]] = []
    with guard():
        runs = choose_runs("latent", "The run whose latent space is shown.", most=1)
    if not runs:
        st.info("Choose a run above to see its latent space.")
        return
    run_id, record = runs[0]
    with guard():
        unusual(record)
        view, plane = _controls(record)
        if plane is not None:
            view.draw(run_id, record, plane)
    with guard():
        activity(record)
        explanation("latent")


def _controls(record: RunRecord) -> tuple[View, CodePlane | None]:
    """What is looked at, and on which axes; no axes while they are being computed."""
    k, left, right = record.spec.bottleneck, *st.columns(2, vertical_alignment="bottom")
    views = {view.name: view for view in VIEWS}
    if record.spec.task == "classify":
        views = {name: views[name] for name in _WITHOUT_DECODER}
    names = list(views)
    with left:
        view = linked_choice(
            st.segmented_control,
            "Show",
            names,
            names[0],
            link=VIEW.name,
            format_func=lambda name: views[name].title,
            key="latent_view",
            required=True,
            help=menu_help(VIEWS),
        )
    kind = "2"
    if k > 3 and view != "rows":
        kinds = [name for name in _PLANES if view != "training" or name != "tsne"]
        with right:
            kind = linked_choice(
                st.segmented_control,
                f"{k} numbers drawn on",
                kinds,
                "2",
                link="axes",
                format_func=_PLANES.__getitem__,
                key="latent_axes",
                required=True,
                help="Principal axes keep distances as far as they can; t-SNE keeps neighbours together.",
            )
    if record.spec.task == "classify":
        st.caption("A classifier has no decoder: its codes are shown, but they stand for no data.")
    return views[view], _plane(record, kind)


def _plane(record: RunRecord, kind: str) -> CodePlane | None:
    z = codes(record)
    if kind != "tsne":
        return plain_plane(z, int(kind))
    found = told(ask(EMBEDDING, record, codes=z, kind="tsne"), "t-SNE of the codes")
    return embedded_plane(np.asarray(found["points"]), record.spec.bottleneck) if found else None


if __name__ == "__main__":
    render()
