"""What some layers of the player need besides the particles, computed for a file."""

from autoencode_core.figures.arrays import view
from autoencode_core.figures.film.screen import Screen
from autoencode_core.figures.run.images import is_image_run
from autoencode_core.figures.scenes.flow import Around, field_places, law_places
from autoencode_core.report import Report
from autoencode_core.store.record import RunRecord


def around(record: RunRecord, screen: Screen, report: Report) -> Around:
    """The vector field and the density of μₜ, where a screen shows them and the run can have them.

    Args:
        record: the run.
        screen: how the player's screen looks.
        report: told of progress.

    Raises:
        InputError: the run's data cannot be had any more.
    """
    found: Around = {}
    shown = view(record, 2 if is_image_run(record) else 3)
    field = "field" in (screen.layers or ()) and len(record.weights["order"]) == 2
    density = "density" in (screen.layers or ())
    if not field and not density:
        return found
    from autoencode_core.analysis import field_grid, law  # lazy: the server imports no torch
    from autoencode_core.training.records import run_of

    run = run_of(record)
    if field:
        found["field"] = field_grid(run, **field_places(record, shown), report=report)
    if density:
        found["density"] = law(run, **law_places(record, shown), report=report)
    return found
