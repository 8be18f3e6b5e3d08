"""Names of files."""

import re
import unicodedata
from typing import TYPE_CHECKING

from autoencode_core.spec import RunSpec

if TYPE_CHECKING:
    from autoencode_core.store.record import RunRecord
    from autoencode_core.store.study import Study


def slug(text: str) -> str:
    """Letters, digits and dashes of a text, at most 60; "" where it has none."""
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_]+", "-", ascii_only).strip("-")[:60].rstrip("-")


def run_stem(record: "RunRecord") -> str:
    """What the files of a run are called: by its own name, else by data set, k and λ.

    Letters, digits, dashes and the point of a number, such as "circle-k1-lambda0.0001".
    """
    spec = record.spec
    return slug(record.name) or f"{data_stem(spec)}-k{spec.bottleneck}-lambda{spec.tikhonov}"


def study_stem(study: "Study") -> str:
    """What the files of a study are called: by its own name, else by data set, k and kind."""
    return slug(study.name) or f"{data_stem(study.spec)}-k{study.spec.bottleneck}-{study.kind}"


def data_stem(spec: RunSpec) -> str:
    """The data set's name, of a file without its folder and ending."""
    name = spec.dataset.replace("\\", "/").rsplit("/", 1)[-1]
    return slug(re.sub(r"\.(csv|tsv|txt|xlsx|gz|idx\w*)\b", "", name)) or "run"
