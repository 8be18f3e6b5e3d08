"""More particles: one spec trained on more and more of them, and how fast the limit is reached."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import streamlit as st

from autoencode_core.figures.mean_field.particles import (
    Plot,
    convergence_words,
    particles_figure,
    particles_table,
    particles_words,
    rate_label,
    rate_short,
    rates,
    sliced_name,
)
from autoencode_core.glossary import explained
from autoencode_core.questions.mean_field import PARTICLES, Particles, Quantity
from autoencode_core.store.record import RunRecord
from pages.shared.answers import ask, ask_for, told
from pages.shared.charts import chart
from pages.shared.linked import linked_choice
from pages.shared.setup import dark, escape, guard

_LEAST, _LARGEST = 16, (64, 128, 256, 512, 1024, 2048, 4096)
_SEEDS = (1, 2, 3, 4, 6, 8)
_STARTS = (1, 2, 3, 4, 6)
_ITERATIONS = (20, 40, 60, 100, 200, 300, 500, 1000)
_USUAL = {"largest": 4096, "seeds": 6, "starts": 3, "iterations": 300}
_ROUNDS = 4
"""So many times the iterations a training may have that does not converge (analysis.particles)."""
_HEAVY = 3e9
"""Entries of the control times particles times iterations from which a sweep waits for a click."""
_RATES: Mapping[Quantity, tuple[str, str]] = {
    "exact_wasserstein": ("Exact W₁", "of the exact distance W₁ between the N particles and N fresh ones"),
    "sliced_wasserstein": ("Sliced W₁", "of W₁ averaged over lines, which does not bound the gap"),
    "fixed_gap": ("Gap, fixed control", "of the gap of one control, whatever N"),
    "gap": ("Gap, trained", "of the gap of the control that was trained on the N particles"),
    "map_distance": ("Maps", "of the distance between the outputs and those of the largest N"),
}
_ALT: Mapping[Plot, str] = {
    "cost": "Cost on the N particles and on fresh ones against N, every seed a mark.",
    "gap": "Gap between fresh and training cost against N with its fitted rate.",
    "distance": "Distance of maps and controls from those of the largest N, with their fitted rates.",
    "wasserstein": "Exact and sliced distance between the N particles and fresh ones, with their rates.",
}


_ROWS: tuple[tuple[Plot, Plot], ...] = (("gap", "wasserstein"), ("cost", "distance"))


def particles_view(run_id: str, record: RunRecord) -> None:
    """Draws the view.

    Args:
        run_id: id of the run.
        record: the run, of which the spec counts.
    """
    largest, seeds, starts, iterations = _knobs()
    most = record.spec.card().most_particles
    counts = [n for n in (_LEAST * 2**i for i in range(9)) if n <= min(largest, most or largest)]
    if len(counts) < 2:
        st.info(f"These data have {most} training particles, too few for a law in N. Choose a run with more.")
        return
    wanted, trainings = f"particles {run_id} {largest} {seeds} {starts} {iterations}", seeds * starts
    work = np.size(record.weights["control"]) * sum(counts) * trainings * iterations
    if work > _HEAVY and not st.session_state.get(wanted):
        st.caption(
            f"{len(counts) * trainings} trainings of up to {_ROUNDS * iterations:,} iterations on up to "
            f"{counts[-1]:,} particles: with this network that takes a while."
        )
        words = "It runs beside the page and can be cancelled."
        st.button("Compute the sweep", help=words, on_click=ask_for, args=(PARTICLES, wanted))
        return
    numbers = {"starts": starts, "iterations": iterations}
    asked = ask(PARTICLES, record, counts=counts, seeds=list(range(seeds)), **numbers)
    found = told(asked, f"{len(counts) * trainings} trainings")
    if found is not None:
        _pictures(run_id, found)


def _knobs() -> tuple[int, int, int, int]:
    """The largest N, how many samples, how many starts, and the iterations of each training."""
    columns = st.columns(4)
    with columns[0]:
        largest = linked_choice(
            st.select_slider,
            "Largest N",
            _LARGEST,
            _USUAL["largest"],
            link="largest",
            key="sweep_largest",
            help="N goes from 16 up to this, each time twice as many.",
        )
    with columns[1]:
        seeds = linked_choice(
            st.select_slider,
            "Samples",
            _SEEDS,
            _USUAL["seeds"],
            link="samples",
            key="sweep_seeds",
            help="Seeds of the samples. The scatter over them gives the band of each rate.",
        )
    with columns[2]:
        starts = linked_choice(
            st.select_slider,
            "Starts",
            _STARTS,
            _USUAL["starts"],
            link="starts",
            key="sweep_starts",
            help="Initial controls of each training. Of those that converge that of the lowest J counts.",
        )
    with columns[3]:
        iterations = linked_choice(
            st.select_slider,
            "Iterations of each training",
            _ITERATIONS,
            _USUAL["iterations"],
            link="each",
            key="sweep_iterations",
            help="A training that has not converged after so many is trained on by lbfgs, to at most four "
            "times as many. What has not converged then is no minimiser: it is crossed out, and no rate is "
            "fitted through it.",
        )
    return largest, seeds, starts, iterations


def _pictures(run_id: str, found: Particles) -> None:
    st.markdown(escape(convergence_words(found)))
    cells = st.container(horizontal=True, gap="small")
    known = rates(found)
    for quantity, (title, words) in _rates(found).items():
        line = known[quantity].line
        here = f"Here {words}: {escape(rate_label(line))}. Shown is what four times the particles do to it."
        cells.metric(f"{title}, at 4 N", rate_short(line), width=190, help=explained("rate_in_n", here))
    for row in _ROWS:
        for name, column in zip(row, st.columns(2, gap="medium"), strict=True):
            with column, guard():
                figure = particles_figure(found, name, dark=dark())
                key = f"sweep_{name}"
                chart(key, figure, _ALT[name], f"{run_id}-{name}", partial(particles_table, found, name))
    st.markdown("\n".join(f"- {escape(sentence)}" for sentence in particles_words(found)))
    st.caption(escape(_how(found)))


def _rates(found: Particles) -> dict[Quantity, tuple[str, str]]:
    """The rates that stand above the figures: on the line nothing is sliced."""
    return {name: said for name, said in _RATES.items() if found["directions"] or "sliced" not in name}


def _how(found: Particles) -> str:
    """What the fits rest on."""
    known = rates(found)
    used = [
        f"{title[0].lower()}{title[1:]}: {int(known[name].fitted.sum())}"
        for name, (title, _) in _rates(found).items()
    ]
    return (
        f"Fresh particles: {found['fresh']:,} for the cost; exact W₁ compares N with N others, so "
        f"in the mean it is once to twice the distance to the law itself; beside it {sliced_name(found)}. A "
        "rate is fitted to the root mean square over the samples that converged, and only to those N where "
        "two did, that are small beside what they are compared with and stand out from its error; how many "
        f"of the {len(found['counts'])} N count: {', '.join(used)}. The 95% band leaves out "
        "one sample after the other."
    )
