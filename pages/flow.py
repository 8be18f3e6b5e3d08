"""Flow: one to four runs on one clock, and what becomes of single particles."""

import pandas as pd
import streamlit as st

from autoencode_core.figures.arrays import flow_states
from autoencode_core.figures.run.images import is_image_run
from autoencode_core.figures.run.particle_table import particle_table
from autoencode_core.figures.run.turned_off import turned_off_figure, turned_off_words
from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.figures.scenes.flow import colours_of, particles_digest
from autoencode_core.figures.scenes.parts import Part, flow_timeline, scene
from autoencode_core.figures.scenes.pictures import bars_pane, curves_panes, film_pane, shown_particles
from autoencode_core.store.record import RunRecord
from pages.shared.charts import chart
from pages.shared.linked import linked_choice
from pages.shared.player import player
from pages.shared.players import players
from pages.shared.run_menu import MOST_RUNS, choose_runs
from pages.shared.setup import dark, escape, explanation, guard, page_setup
from pages.shared.words import title

CLOCK = "flow"
COUNTS = (2000, 10_000, 50_000)
_STORED = "stored"
_UNPICKED = 4
MOST_COMPONENTS = 3


def render() -> None:
    """Draws the page."""
    page_setup("Flow")
    runs: list[tuple[str, RunRecord]] = []
    count = 0
    with guard():
        menu, number = st.columns([4, 1], vertical_alignment="bottom")
        with menu:
            runs = choose_runs("flow", f"One run, or up to {MOST_RUNS} that play on one clock.")
        with number:
            count = _count(runs)
    if not runs:
        st.info("Choose a run above to see its flow.")
        return
    picked = players(runs, "flow", CLOCK, count)
    with guard():
        run_id, record = _detailed(runs)
        _details(run_id, record, picked)
        explanation("flow")


def _count(runs: list[tuple[str, RunRecord]]) -> int:
    """How many particles are drawn; 0 for those that the runs keep."""
    stored = max((len(record.probe["inputs"]) for _, record in runs), default=0)
    chosen = linked_choice(
        st.selectbox,
        "Particles",
        [_STORED, *map(str, COUNTS)],
        _STORED,
        link="particles",
        format_func=lambda name: f"{stored} stored" if name == _STORED else name,
        key="flow_particles",
        help="More than a run keeps are drawn anew from its data set and sent through its flow.",
    )
    return 0 if chosen == _STORED else int(chosen)


def _detailed(runs: list[tuple[str, RunRecord]]) -> tuple[str, RunRecord]:
    """The run whose particles are looked at one by one."""
    known = dict(runs)
    if len(runs) == 1:
        return runs[0]
    names = {run_id: escape(record.name or title(record.spec)) for run_id, record in runs}
    chosen = st.segmented_control(
        "Single particles of",
        list(known),
        default=runs[0][0],
        format_func=names.__getitem__,
        key="flow_detail",
    )
    run_id = chosen if chosen in known else runs[0][0]
    return run_id, known[run_id]


def _details(run_id: str, record: RunRecord, picked: tuple[int, ...]) -> None:
    """Curves, film and table of the picked particles, on the players' clock."""
    n = flow_states(record).shape[1]
    shown = [i for i in picked if i < n] or shown_particles(record, (), _UNPICKED).tolist()
    words = "Click a particle to pick it, drag with Shift to pick many; what you pick is shown here."
    if len(picked) > len([i for i in picked if i < n]):
        words = f"Of the picked particles only the first {n:,} are stored with the run, and shown here."
    st.subheader("Single particles" if not picked else f"Picked particles ({len(picked):,})", anchor=False)
    if not picked or "only" in words:
        st.caption(words)
    width = flow_states(record).shape[2]
    if width > MOST_COMPONENTS:
        st.caption(
            f"Of {width} components the {MOST_COMPONENTS} that vary most are drawn against t; the table has "
            "the first few of input, code and output."
        )
    _linked(
        run_id,
        record,
        "curves",
        curves_panes(record, shown, MOST_COMPONENTS),
        240,
        "Components against time.",
    )
    if is_image_run(record):
        _linked(run_id, record, "film", [film_pane(record, picked)], 420, "Images at nine times of the flow.")
        _linked(run_id, record, "bars", [bars_pane(record, picked)], 220, "Components of one particle.")
        st.subheader("What is turned off", anchor=False)
        st.caption(turned_off_words(record))
        chart("flow_turned_off", turned_off_figure(record, dark=dark()), turned_off_words(record))
    table = pd.DataFrame(particle_table(record, shown))
    st.dataframe(
        table,
        hide_index=True,
        column_config={
            name: st.column_config.NumberColumn(format="%.4g") for name in table.select_dtypes("float")
        },
        placeholder="–",
        alt="Input, code, output and error of the particles shown above, one in a row.",
    )


def _linked(run_id: str, record: RunRecord, name: str, panes: list[Part], height: int, alt: str) -> None:
    """Flat panes that follow the players' clock and picks."""
    header = scene(
        f"{run_id} {name}",
        panes,
        alt=alt,
        timeline=flow_timeline(record),
        controls=False,
        clock=CLOCK,
        group=particles_digest(record),
        height=height,
        n=flow_states(record).shape[1],
        colours=colours_of(record),
    )
    player(f"flow_{name}", encode(header), header["id"])


if __name__ == "__main__":
    render()
