"""The pictures of a stored run that stand still."""

from functools import partial

from autoencode_core.figures.run.pictures import Name, picture, words
from autoencode_core.names import run_stem
from autoencode_core.store.record import RunRecord
from pages.shared.charts import chart
from pages.shared.setup import dark, guard


def run_picture(run_id: str, record: RunRecord, name: Name) -> None:
    """One picture of a run; as long as nothing about it changes, the browser leaves it alone.

    Args:
        run_id: its id.
        record: the run.
        name: which picture.
    """
    with guard():
        chart(
            f"picture_{name}",
            partial(picture, record, name, dark=dark()),
            words(record, name),
            f"{run_stem(record)}-{name}",
            about=(run_id,),
        )
