"""encode and reconstruct: the rows of a run, or of a file, as codes and back."""

import argparse
from typing import Any

from autoencode_core.cli.output import STANDARD_OUTPUT, say, write_whole
from autoencode_core.cli.shared import (
    default_folder,
    id_of,
    print_json,
    share_bar,
    store_of,
    target_of,
)
from autoencode_core.errors import InputError
from autoencode_core.export.csv_text import columns_csv
from autoencode_core.export.rows import Columns, column_names, rows_table, unusual_words
from autoencode_core.report import Report
from autoencode_core.store.record import RunRecord
from autoencode_core.store.study_store import STUDY_ID


def add(commands: Any, parents: list[argparse.ArgumentParser]) -> None:
    """Adds the commands to the parser of all commands; their --out is a file, so --runs is the folder."""
    helps = {"encode": "the latent codes of rows", "reconstruct": "what rows come back as, in data units"}
    for name, words in helps.items():
        command = commands.add_parser(name, parents=parents, help=f"{words}, as a CSV file")
        command.set_defaults(command=_rows, back=name == "reconstruct")
        command.add_argument("run", help="id of the run, or its name")
        words = (
            "a table with the columns that the run was trained on, in any order, and perhaps others; of a "
            "run on images also an IDX file of images as large; by default all rows of the run itself"
        )
        command.add_argument("--data", metavar="FILE", help=words)
        words = f"where to write, {STANDARD_OUTPUT} for standard output; by default the id with an ending"
        command.add_argument("--out", metavar="FILE", dest="file", help=words)
        words = f"folder of the runs (now {default_folder()})".replace("%", "%%")
        command.add_argument("--runs", dest="out", metavar="FOLDER", help=words)


def _rows(options: argparse.Namespace) -> None:
    store = store_of(options, there=True)
    run_id = id_of(store, options.run)
    if STUDY_ID.fullmatch(run_id):
        raise InputError("run", run_id, "a run, not a study")
    path = target_of(options, f"{run_id}-{'reconstruction' if options.back else 'codes'}.csv")
    with share_bar(shown=not options.json) as report:
        table, notes = _table(store.record(run_id), options, report)
    write_whole(path, columns_csv(table))
    count = len(next(iter(table.values())))
    if options.json:
        print_json({"run": run_id, "file": str(path), "rows": count, "notes": notes})
    elif str(path) != STANDARD_OUTPUT:
        for note in (*notes, f"Wrote {count:,} rows to {path}."):
            say(note)


def _table(record: RunRecord, options: argparse.Namespace, report: Report) -> tuple[Columns, list[str]]:
    """The rows as columns, and what a person must know of them.

    Raises:
        InputError: the file cannot be read or lacks a column, or the run's own data cannot be had.
    """
    if options.data is None:
        from autoencode_core.analysis import own_rows  # start-up time: torch
        from autoencode_core.training.records import run_of

        own = own_rows(run_of(record), options.back, report)
        labels = [record.labels[label] for label in own["labels"]] if record.labels else []
        return rows_table(record, own, own["numbers"], labels, options.back), []
    from autoencode_core.data.fresh import fresh_rows  # start-up time: pandas

    table = fresh_rows(options.data, record.spec.reading, column_names(record))
    from autoencode_core.analysis import new_rows
    from autoencode_core.training.records import run_of

    found = new_rows(run_of(record), table.values, options.back, report)
    labels = [] if table.labels is None else [table.label_names[label] for label in table.labels]
    notes = filter(None, [*table.understood, found["note"], unusual_words(found)])
    return rows_table(record, found, table.numbers, labels, options.back), list(notes)
