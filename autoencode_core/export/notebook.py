"""Runs, lists of runs, studies and flows in a notebook: the player in a frame of its own, or a table."""

import html
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autoencode_core.errors import InputError
from autoencode_core.export.player_page import player_page
from autoencode_core.export.run import run_page
from autoencode_core.figures import theme
from autoencode_core.figures.film.screen import Screen
from autoencode_core.figures.scenes.bare_flow import bare_flow_scene
from autoencode_core.figures.scenes.costates import costates_scene
from autoencode_core.figures.scenes.density import density_scene, drawn_view, grid_ranges
from autoencode_core.figures.scenes.doubled import doubled_scene
from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.figures.scenes.multiples import multiples_scene
from autoencode_core.figures.scenes.parts import Part
from autoencode_core.figures.scenes.training import training_scene
from autoencode_core.store.record import RunRecord, summary_line
from autoencode_core.store.study import MOST_SHOWN, Study, study_line

if TYPE_CHECKING:
    from autoencode_core.flow.autoencode import Flow
    from autoencode_core.training.run import Run

HEIGHT = 640
"""css pixels of a player that shows itself."""
_PARTICLES = 300
"""Particles of a run that are drawn, so that a notebook stays small."""
_PLACES = ("tikhonov", "seed", "data_seed")
"""Knobs in which runs of one sweep differ."""


def show(run: "Run", view: str, dark: bool, height: int) -> Any:
    """A view of a run in the player.

    Args:
        run: the run.
        view: a key of VIEWS.
        dark: whether on a dark page.
        height: css pixels of the player's frame.

    Returns:
        An IPython.display.HTML.

    Raises:
        InputError: there is no such view, or the run has not what it shows.
    """
    from IPython.display import HTML  # lazy: whoever has no notebook needs no IPython

    if view not in VIEWS:
        raise InputError("view", view, theme.join(list(VIEWS), "or"))
    shown: Any = HTML  # it has no types
    return shown(f"<div>{framed(VIEWS[view](run, dark), height)}</div>")  # of a bare iframe IPython warns


def framed(page: str, height: int = HEIGHT) -> str:
    """A whole page in a frame, which is loaded once it comes into view."""
    style = f"width: 100%; height: {height}px; border: 0"
    return f'<iframe srcdoc="{html.escape(page)}" loading="lazy" style="{style}"></iframe>'


def run_html(run: "Run") -> str:
    """A run as a notebook shows it by itself."""
    return f"<div>{framed(_flow(run, False))}</div>"


def runs_html(runs: "Sequence[Run]") -> str:
    """Runs side by side: the flow with the lowest J at each of up to MOST_SHOWN values of λ.

    Where their data or architectures differ, or nothing can be drawn, a line for each.
    """
    kinds = {tuple((name, value) for name, value in run.spec if name not in _PLACES) for run in runs}
    records = [_record(run) for run in (_best(runs) if len(kinds) == 1 else runs)]
    titles = [f"λ = {r.spec.tikhonov:.2g}, J = {r.history['cost'][-1]:.3g}" for r in records]
    try:
        scene = multiples_scene(records, titles, "runs")
    except InputError:
        rows = [[number, summary_line(record)] for number, record in enumerate(records)]
        return _table(["", "run"], rows)
    return f"<div>{framed(_scene_page(scene, False), 380 if len(records) < 5 else 560)}</div>"


def study_html(study: Study) -> str:
    """A study as a table: for each λ how many minimisers its runs found, and each run's J."""
    rows = []
    for weight in study.weights:
        costs = [f"{study.outcomes[place].cost:.4g}" for place in study.at(weight)]
        rows.append([f"{weight:g}", study.minimisers(weight) or "–", " · ".join(costs)])
    return f"<p>{html.escape(study.name or study_line(study))}</p>{_table(['λ', 'minimisers', 'J'], rows)}"


def flow_html(flow: "Flow") -> str:
    """Trajectories as a notebook shows them by themselves."""
    arrays = (flow.times, flow.states, flow.active, flow.dropped)
    times, states, active, dropped = (np.asarray(part.detach().cpu().numpy()) for part in arrays)
    scene = bare_flow_scene(times, states, active, dropped, flow.middle, flow.layers)
    return f"<div>{framed(_scene_page(scene, False))}</div>"


def _record(run: "Run") -> RunRecord:
    from autoencode_core.training.records import record_of  # lazy: it imports torch

    return record_of(run).trimmed(_PARTICLES)


def _best(runs: "Sequence[Run]") -> "list[Run]":
    """The sound run of the lowest J at each λ, in the order of the runs, at most MOST_SHOWN of them."""
    found: dict[float, Run] = {}
    for run in runs:
        before = found.get(run.spec.weight)
        if run.status == "diverged":
            continue
        if before is None or run.history["cost"][-1] < before.history["cost"][-1]:
            found[run.spec.weight] = run
    kept = list(found.values()) or list(runs)
    places = np.unique(np.linspace(0, len(kept) - 1, min(MOST_SHOWN, len(kept))).round().astype(int))
    return [kept[place] for place in places]


def _table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    def line(cells: Sequence[object], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(str(cell))}</{tag}>" for cell in cells) + "</tr>"

    return f"<table>{line(heads, 'th')}{''.join(line(row, 'td') for row in rows)}</table>"


# ---- views: each makes a page of a run, on a light or a dark one


def _flow(run: "Run", dark: bool) -> str:
    return run_page(_record(run), Screen(dark=dark))


def _unrolled(run: "Run", dark: bool) -> str:
    return run_page(_record(run), Screen(dark=dark, unrolled=True))


def _latent(run: "Run", dark: bool) -> str:
    record = _record(run)
    return _scene_page(training_scene(record, "latent", min(3, record.spec.bottleneck)), dark)


def _costates(run: "Run", dark: bool) -> str:
    from autoencode_core.analysis import costates  # lazy, as below: they import torch
    from autoencode_core.training.records import record_of

    return _scene_page(costates_scene(record_of(run), "costates", costates(run), 1.0), dark)


def _density(run: "Run", dark: bool) -> str:
    from autoencode_core.analysis import density

    record = _record(run)
    shown = drawn_view(record)
    found = density(run, basis=shown.basis, center=shown.center, ranges=grid_ranges(record))
    return _scene_page(density_scene(record, found, "density"), dark)


def _doubled(run: "Run", dark: bool) -> str:
    from autoencode_core.analysis import doubled

    return _scene_page(doubled_scene(_record(run), doubled(run, particles=200), "doubled"), dark)


def _scene_page(scene: Part, dark: bool) -> str:
    return player_page([encode(scene)], dark=dark)


VIEWS: Mapping[str, Callable[["Run", bool], str]] = {
    "flow": _flow,
    "unrolled": _unrolled,
    "latent": _latent,
    "costates": _costates,
    "density": _density,
    "doubled": _doubled,
}
"""What a run can show, by the words of the pages."""
