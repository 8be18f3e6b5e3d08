"""Names that would become pictures, links and formulas, and a store in which everything is called so."""

from dataclasses import replace

import numpy as np
from by_hand import study_by_hand

from autoencode_core.data.reading import Reading
from autoencode_core.spec import RunSpec
from autoencode_core.training.selection import train
from pages.shared import own_table
from pages.shared.setup import store

NAME = "![x](http://host.test/a.png)<img src=http://host.test> www.host.test $x$ :+1:"
_COLUMNS = [f"<b>![c](http://host.test/c.png){number}" for number in range(3)]
_LABEL, _CLASSES = "![l](http://host.test/l.png)", ("<i>www.host.test/", "![y](http://host.test/y)")


def hostile_store() -> dict[str, str]:
    """Fills the store of the pages.

    Returns:
        Ids: "table" and "again" are runs of the file "data", "study" is a study.
    """
    rng = np.random.default_rng(0)
    lines = ["\t".join([*_COLUMNS, _LABEL])]
    lines += ["\t".join([*map(str, rng.normal(size=3)), _CLASSES[row % 2]]) for row in range(40)]
    data = own_table.keep("\n".join(lines).encode(), "![f](http://host.test/f.png)<b>.tsv")
    small = {"depth": 4, "iterations": 3, "particles": 30, "field": "single_layer", "tikhonov": 0.01}
    table = train(RunSpec(dataset=data, reading=Reading(label=_LABEL), **small))
    study, records = study_by_hand(name=NAME)
    return {
        "data": data,
        "table": store().save(replace(table, name=NAME)),
        "again": store().save(replace(table, name=NAME)),
        "study": store().save_study(study, records),
    }
