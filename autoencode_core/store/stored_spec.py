"""The spec of a stored run, and what specs meant that were written before a knob was there."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from autoencode_core.data.idx import is_images_file
from autoencode_core.data.reading import NONE, Reading, is_table
from autoencode_core.errors import InputError
from autoencode_core.knobs import explain
from autoencode_core.spec import RunSpec

RESIDUAL_NETWORK: Mapping[str, Any] = {"scheme": "euler", "substeps": 1, "fidelity": None}
"""The residual network of the paper: what a spec means that was written before there were others."""
EVERY_COLUMN = Reading(drop=(NONE,))
"""How a table was read before columns could be left out."""

UPLOADS = "data"
"""Folder of uploaded tables and images, in that of the runs."""

_LONGEST = 4096


def spec_in(value: Any, source: str) -> RunSpec:
    """The spec of a stored run, whose file may have changed or gone since.

    Args:
        value: its knobs by name, from anywhere.
        source: what to call it in a message.

    Raises:
        InputError: a knob is wrong; it says which.
    """
    if isinstance(value, Mapping):
        value = {**RESIDUAL_NETWORK, **value}
        if is_table(str(value.get("dataset"))):
            value.setdefault("reading", EVERY_COLUMN)
        _check_name(value.get("dataset"), f"{source}, dataset")
    try:
        return RunSpec.as_stored(value)
    except ValidationError as error:
        wrong = explain(error)[0]
        raise InputError(f"{source}, {wrong.field}", wrong.value, wrong.allowed) from None


def imported(spec: RunSpec, root: Path) -> RunSpec:
    """The spec of a run that came from elsewhere: it names files by what they are called, no other place.

    So nobody reads, by a run that he brings, a file of this machine that he could not choose here either.

    Args:
        spec: its spec, whose data set may be a path.
        root: folder of the runs, in which uploaded tables and images are kept (UPLOADS).
    """
    if not (is_table(spec.dataset) or is_images_file(spec.dataset)):
        return spec
    name = spec.dataset.replace("\\", "/").rsplit("/", 1)[-1]
    return spec.model_copy(update={"dataset": str(root.absolute() / UPLOADS / name)})


def _check_name(name: Any, field: str) -> None:
    """Refuse the name of a data set that no file system has or no page can show."""
    if isinstance(name, str) and (len(name) > _LONGEST or not name.isprintable()):
        raise InputError(field, name, f"a name of at most {_LONGEST} printable characters")
