"""The flow of a stored run in the player: layers computed when asked for, the screen saved as a file."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st
from numpy.typing import ArrayLike

from autoencode_core.figures.arrays import View, view
from autoencode_core.figures.run.images import is_image_run
from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.figures.scenes.flow import Around, drawn_particles, field_places, flow_scene, law_places
from autoencode_core.questions.flow import FIELD_GRID, LAW, TRAJECTORIES, FieldGrid, Law, Trajectories
from autoencode_core.store.record import RunRecord
from pages.shared.answers import Asked, ask, told
from pages.shared.flow_time import keep_time, opened_at
from pages.shared.look import keep_look, opened_look
from pages.shared.player import Said, player
from pages.shared.save_menu import offered, save_menu


@dataclass(frozen=True)
class _Computed:
    """What is computed for the player, None where nobody asks for it."""

    field: Asked[FieldGrid] | None = None
    density: Asked[Law] | None = None
    particles: Asked[Trajectories] | None = None

    @property
    def around(self) -> Around:
        """What is there of it besides the particles."""
        found: Around = {}
        if self.field and self.field.value:
            found["field"] = self.field.value
        if self.density and self.density.value:
            found["density"] = self.density.value
        return found

    @property
    def drawn(self) -> Trajectories | None:
        """The particles, where they are there."""
        return self.particles.value if self.particles else None

    def tell(self) -> None:
        """Below the player: what is still being computed, what cannot be, what should be known."""
        if self.field:
            told(self.field, "The vector field")
        if self.density:
            told(self.density, "The density of all particles")
        if self.particles:
            told(self.particles, "More particles")


def flow_view(
    run_id: str,
    record: RunRecord,
    *,
    key: str,
    particles: int = 0,
    beside: bool = True,
    linked: bool = True,
    **settings: Any,
) -> Said:
    """The flow of a run over t in [0, T], playing.

    Args:
        run_id: its id.
        record: the run.
        key: the same for all runs that are shown in this place.
        particles: how many particles are drawn; 0 for those that the run keeps.
        beside: whether code or images stand beside the particles.
        linked: whether its t is that of the link.
        settings: entries of the scene's header, such as clock and group.

    Returns:
        What the person did; picks are numbers among the particles that are drawn.
    """
    shown = view(record, 2 if is_image_run(record) else 3)
    wanted: set[str] = st.session_state.setdefault(f"{key}_wanted_{run_id}", set())
    computed = _ask(record, shown, wanted, particles, settings.get("ranges"))
    around, more = computed.around, computed.drawn
    drawn = 0 if more is None else more["states"].shape[1]
    identity = f"{run_id} {drawn}" if drawn else run_id
    if linked:
        settings["start"] = opened_at(key, run_id, record.spec.horizon)
        settings["look"] = opened_look(key, run_id)
    settings["save"] = offered()
    names = sorted([*around, *(["particles"] if more else [])])
    data = _scene(identity, tuple(names), beside, settings, record, shown, around, more)
    said = player(f"{key}_player", data, identity, drawn or len(record.probe["inputs"]))
    if linked:
        keep_time(said)
        keep_look(said.look or {})
    computed.tell()
    if more:
        st.caption(
            "So many particles are drawn without their codes; tails are off until they are switched on."
        )
    fresh = set(said.wanted) - wanted
    if fresh:
        wanted |= fresh
        st.rerun()
    save_menu(run_id, record, said.save, f"{key}_player", said.picked if not drawn else ())
    return said


def _ask(
    record: RunRecord, shown: View, wanted: set[str], particles: int, ranges: ArrayLike | None
) -> _Computed:
    """Ask for what the wanted layers need."""
    field, density, more = None, None, None
    if "field" in wanted:
        field = ask(FIELD_GRID, record, **field_places(record, shown, ranges))
    if "density" in wanted:
        density = ask(LAW, record, **law_places(record, shown, ranges))
    if particles:
        more = ask(TRAJECTORIES, record, particles=particles, center=shown.center, basis=shown.basis)
    return _Computed(field, density, more)


@st.cache_data(max_entries=32, show_spinner=False)
def _scene(
    identity: str,
    names: tuple[str, ...],
    beside: bool,
    settings: Mapping[str, Any],
    _record: RunRecord,
    _shown: View,
    _around: Around,
    _more: Trajectories | None,
) -> bytes:
    """The scene as bytes; identity and names say all that it depends on."""
    drawn = None if _more is None else drawn_particles(_record, _shown, _more)
    scene = flow_scene(_record, identity, particles=drawn, around=_around, beside=beside, **settings)
    return encode(scene)
