"""Rows: the codes of all rows to take along, and where the rows of a new file fall."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from autoencode_core.data.reading import ENDINGS
from autoencode_core.data.source import MAX_BYTES, MAX_ROWS
from autoencode_core.data.table import Table, read_table
from autoencode_core.errors import InputError
from autoencode_core.export.rows import column_names, error_head, rows_table, unusual_words
from autoencode_core.export.run import file_name
from autoencode_core.figures.arrays import codes
from autoencode_core.figures.latent.rows import rows_figure
from autoencode_core.figures.scenes.plane import CodePlane
from autoencode_core.glossary import explained
from autoencode_core.questions.latent import NEW_ROWS, OWN_ROWS, KnownRows, NewRows, OwnRows
from autoencode_core.store.record import RunRecord
from autoencode_core.units import error_unit
from autoencode_core.words import join
from pages.shared.answers import ask, told
from pages.shared.charts import chart, table_button
from pages.shared.setup import complain, dark, escape

_MEGABYTE = 1_000_000


def rows_view(run_id: str, record: RunRecord, _: CodePlane) -> None:
    """Draws the view: the run's own rows and a file's on the plane of codes, and the file's as a table.

    Args:
        run_id: id of the run.
        record: the run.
    """
    asked = ask(OWN_ROWS, record)
    known = told(asked, "Codes of all rows")
    if known is not None:
        _download(record, known)
    table = _uploaded(run_id, record)
    found, numbers = None, None
    if table is not None:
        found = told(ask(NEW_ROWS, record, values=table.values), "Codes of the new rows")
        numbers = table.numbers
    if asked.waiting:
        return
    own: KnownRows = known or _stored(record)
    alt = f"Codes of {len(own['numbers']):,} rows of the run"
    if found:
        alt += f" and {len(found['codes']):,} new ones. {unusual_words(found)}"
    chart("latent_rows", rows_figure(own, found, numbers, error_unit(record.spec), dark=dark()), alt)
    if found is not None and table is not None:
        _new(record, table, found)


def _stored(record: RunRecord) -> KnownRows:
    """The particles that are stored with the run, where its data cannot be had."""
    z = codes(record)
    count = len(z)
    numbers, unknown = np.arange(1, count + 1), np.full(count, np.nan)
    return {"codes": z, "errors": unknown, "numbers": numbers, "test": np.zeros(count, bool)}


def _download(record: RunRecord, known: OwnRows) -> None:
    test = int(np.sum(known["test"]))
    labels = [record.labels[label] for label in known["labels"]] if record.labels else []
    table_button(
        "latent_rows_own",
        file_name(record, "-codes"),
        lambda: rows_table(record, known, known["numbers"], labels),
        label=f"Codes of all {len(known['numbers']):,} rows",
        words=f"A row number, the code, the squared distance; which of them are the {test:,} test rows.",
    )


# ---- a new file


def _uploaded(run_id: str, record: RunRecord) -> Table | None:
    """The table that was dropped, as the run's columns; None without one that can be used."""
    names = column_names(record)
    columns = join([f"“{name}”" for name in names[:6]]) if len(names) <= 6 else f"{names[0]} to {names[-1]}"
    file = st.file_uploader(
        "A file with new rows",
        type=sorted({ending.rsplit(".", 1)[-1] for ending in ENDINGS}),
        key=f"latent_rows_{run_id}",
        max_upload_size=MAX_BYTES // _MEGABYTE,
        help=f"A table with the columns {escape(columns)}, in any order; other columns are left out. At most "
        f"{MAX_BYTES // _MEGABYTE} MB and {MAX_ROWS:,} rows. It is not kept.",
    )
    if file is None:
        return None
    slot = f"latent_table_{run_id}"
    kept = st.session_state.get(slot)
    if kept is None or kept[0] != file.file_id:
        kept = st.session_state[slot] = (file.file_id, _read(file, record))
    if isinstance(kept[1], InputError):
        complain(kept[1])
        return None
    return kept[1]


def _read(file: Any, record: RunRecord) -> Table | InputError:
    try:
        return read_table(file.getvalue(), record.spec.reading, file.name, wanted=column_names(record))
    except InputError as error:
        return error


def _new(record: RunRecord, table: Table, found: NewRows) -> None:
    """What was understood, how many rows are unusual, and all of them, those with most error first."""
    labels = [] if table.labels is None else [table.label_names[label] for label in table.labels]
    said = unusual_words(found) or "Nobody knows what new rows are to become here: they have no errors."
    st.markdown(f"**{escape(said)}**")
    st.caption(" ".join(map(escape, table.understood)))
    head, shown = error_head(record).capitalize(), dict[str, Any]({"Row": table.numbers})
    if labels:
        shown["Label"] = labels
    if not np.isnan(found["bound"]):
        shown |= {
            "Mark": np.where(found["unusual"], "✕ unusual", ""),
            head: found["errors"],
            "Training rows below": 100 * found["smaller"],
        }
    order = np.argsort(-np.nan_to_num(found["errors"], nan=np.inf, posinf=np.inf), kind="stable")
    st.dataframe(
        pd.DataFrame(shown).iloc[order],
        hide_index=True,
        width="stretch",
        height=260,
        column_config={
            head: st.column_config.NumberColumn(format="%.4g", help=explained("squared_error")),
            "Mark": st.column_config.TextColumn(help=explained("unusual")),
            "Training rows below": st.column_config.NumberColumn(
                format="%.1f %%", help=explained("training_rows_below")
            ),
        },
        alt="One new row in a row, the least usual first.",
    )
    table_button(
        "latent_rows_new",
        f"{table.name}-codes",
        lambda: rows_table(record, found, table.numbers, labels),
        label="Codes of the new rows",
    )
