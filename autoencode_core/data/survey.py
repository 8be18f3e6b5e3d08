"""What is understood of a table before it is taken: its columns, what becomes of them, what must be asked."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from autoencode_core.data.columns import (
    MAX_CLASSES,
    Column,
    class_names,
    proposed_colour,
    proposed_label,
    understand,
)
from autoencode_core.data.header import Header, find_header
from autoencode_core.data.numbers import NumberStyle
from autoencode_core.data.reading import AS_FOUND, AUTO, NONE, Reading
from autoencode_core.data.source import MAX_ROWS, cells_of
from autoencode_core.errors import InputError
from autoencode_core.words import join

LARGEST = 1e15
"""Largest absolute value of a cell: squares and their sums stay finite in single precision too."""

Role = Literal["use", "label", "left out"]
_SIGNS = {",": "comma", ";": "semicolon", "tab": "tab", "|": "vertical bar", "space": "space"}
_MARKS = {".": "point", ",": "comma", "space": "space", "'": "apostrophe"}


@dataclass(frozen=True)
class Survey:
    """A table as it is understood, before it is taken.

    Attributes:
        file: the name of the file.
        reading: what was told of it.
        separator: a word of Reading, "" of a workbook.
        marks: how its numbers are written.
        header: the names of its columns.
        numbers: number of each row of data in the file.
        columns: what each column holds.
        roles: by name of column: use, label or left out.
        colour: name of the column that colours, "" without.
        head: first rows of data, as written.
        sheet: the sheet of a workbook.
        wanted: the columns that are used, in this order, where they were given.
    """

    file: str
    reading: Reading
    separator: str
    marks: NumberStyle
    header: Header
    numbers: NDArray[np.int64]
    columns: tuple[Column, ...]
    roles: Mapping[str, Role]
    colour: str
    head: tuple[tuple[str, ...], ...]
    sheet: str = ""
    wanted: tuple[str, ...] = ()

    def with_reading(self, reading: Reading) -> "Survey":
        """This survey where only label, colour, columns left out or missing values are told otherwise.

        Raises:
            InputError: a column that is named is not there, or cannot colour.
        """
        roles, colour = _roles(self.columns, reading)
        return replace(self, reading=reading, roles=roles, colour=colour)

    def reading_for(self, left_out: Collection[str], label: str, colour: str) -> Reading:
        """The shortest reading that leaves out these columns and has this label and colour ("" for none)."""
        left, word = set(left_out) - {label}, label or NONE
        besides = tuple(c.name for c in self.columns if c.name in left and not c.why)
        exactly = (NONE, *(c.name for c in self.columns if c.name in left))
        for given in product(((), besides, exactly), (AUTO, word), (AUTO, colour or NONE)):
            reading = self.reading.but(**dict(zip(("drop", "label", "colour"), given, strict=True)))
            if self._means(reading, left, label, colour):
                return reading
        return self.reading.but(label=word, colour=colour or NONE, drop=exactly)

    def _means(self, reading: Reading, left: set[str], label: str, colour: str) -> bool:
        """Whether a reading leaves out these columns and has this label and colour."""
        try:
            roles, found = _roles(self.columns, reading)
        except InputError:
            return False
        out = {name for name, role in roles.items() if role == "left out"}
        return (
            out == left
            and found == colour
            and roles.get(label, "label") == "label"
            and (bool(label) or "label" not in roles.values())
        )

    def used(self) -> list[Column]:
        """Columns that become components."""
        used = [column for column in self.columns if self.roles[column.name] == "use"]
        return sorted(used, key=lambda column: self.wanted.index(column.name)) if self.wanted else used

    def label(self) -> Column | None:
        """The column that gives the classes."""
        return next((column for column in self.columns if self.roles[column.name] == "label"), None)

    def label_names(self) -> tuple[str, ...]:
        """Names of the classes: numbers in their order, else alphabetical; () without a label."""
        label = self.label()
        if label is None:
            return ()
        if self.header.classes and label is self.columns[-1]:
            return self.header.classes
        if label.cells is not None:
            return tuple(class_names(label.cells[self.kept()]).values())
        assert label.values is not None
        return tuple(f"{value:.15g}" for value in np.unique(label.values[self.kept()]))

    def kept(self) -> NDArray[np.bool_]:
        """Rows that are taken: with a label, and without a missing value unless that is filled."""
        keep = np.ones(len(self.numbers), dtype=bool)
        label = self.label()
        if label is not None:
            keep &= ~label.missing
        for column in self.used():
            if self.reading.missing == "drop":
                keep &= ~column.missing
        return keep

    def problems(self) -> list[InputError]:
        """What must be answered before the table can be taken; none: it can."""
        found = list(filter(None, [self._one_or_two(), self.marks.complaint()]))
        for column in self.used():
            found += filter(None, [self._problem(column)])
        label = self.label()
        if label is not None and label.distinct > MAX_CLASSES:
            allowed = f"at most {MAX_CLASSES} different labels; it can be used as numbers, or colour"
            found.append(
                InputError(f"label, column '{label.name}'", f"{label.distinct:,} different labels", allowed)
            )
        if label is not None and label.kind == "number" and len(label.wrong):
            found += filter(None, [self._problem(label)])
        return found or self._too_small()

    def _one_or_two(self) -> InputError | None:
        """The question whether 1,5 is two whole numbers, or one with a decimal comma."""
        if self.reading.separator != AUTO or self.reading.decimal != AUTO or self.separator != ",":
            return None
        if (
            self.header.found
            or len(self.columns) != 2
            or not all(re.fullmatch(r"-?\d+,\d+", _line(row)) for row in self.head)
        ):
            return None
        shown = _line(self.head[0])
        allowed = f"“,” if {shown} is two columns; if it is one number, the table needs a second column"
        return InputError("separator", f"{shown} in every row", allowed)

    def _problem(self, column: Column) -> InputError | None:
        """Why a column cannot be used."""
        way_out = "or leave the column out (drop), or make it the label"
        if column.values is None:
            shown = f"{column.kind} such as “{column.example}”" if column.example else "no value"
            return InputError(f"file, column '{column.name}'", shown, f"numbers; {way_out}")
        if column.kind == "mixed":
            assert column.cells is not None
            row = int(column.wrong[0])
            where = f"file, row {self.numbers[row]}, column '{column.name}'"
            more = f" ({len(column.wrong)} cells of this column are none)" if len(column.wrong) > 1 else ""
            return InputError(
                where, _shown(str(column.cells[row])), f"a number such as -1.5 or 2e-3{more}; {way_out}"
            )
        if len(column.wrong):
            where = f"file, row {self.numbers[column.wrong[0]]}, column '{column.name}'"
            return InputError(
                where,
                "a whole number of more than 15 digits",
                "whole numbers below 9,007,199,254,740,992 (2^53): above, neighbours become one number; "
                "leave the column out (drop)",
            )
        bad = np.flatnonzero(~column.missing & ~(np.abs(column.values) <= LARGEST))
        if len(bad):
            where = f"file, row {self.numbers[bad[0]]}, column '{column.name}'"
            allowed = f"a finite number from -{LARGEST:.0e} to {LARGEST:.0e}; {way_out}"
            return InputError(where, float(column.values[bad[0]]), allowed)
        return None

    def _too_small(self) -> list[InputError]:
        """The complaint of a table with too few rows or columns that can be used."""
        used, rows = self.used(), int(self.kept().sum())
        if len(used) < 2 and not self.wanted:
            left = [
                f"'{c.name}' ({c.why})" for c in self.columns if self.roles[c.name] == "left out" and c.why
            ]
            said = f"; left out {'is' if len(left) == 1 else 'are'} {join(left[:6])}" if left else ""
            return [
                InputError(
                    "file", self.file, f"at least 2 columns of numbers; this one has {len(used)}{said}"
                )
            ]
        if rows < (1 if self.wanted else 2):
            total = len(self.numbers)
            said = (
                f"; in {total - rows} of {total} rows a value or a label is missing" if rows < total else ""
            )
            few = "a row" if self.wanted else "at least 2 rows"
            return [InputError("file", self.file, f"{few} of numbers; this one has {rows}{said}")]
        if rows > MAX_ROWS:
            return [InputError("file", self.file, f"at most {MAX_ROWS:,} rows; this one has {rows:,}")]
        return []

    def sentences(self) -> tuple[str, ...]:
        """What was understood, a sentence each."""
        rows, label, used = int(self.kept().sum()), self.label(), self.used()
        said = [f"{rows:,} rows and {len(used)} columns of numbers: {_few([c.name for c in used])}."]
        how = [f"separator {_SIGNS[self.separator]}"] if self.separator else [f"sheet “{self.sheet}”"]
        how.append(f"decimal {_MARKS[self.marks.decimal]}")
        if self.marks.thousands != NONE:
            how.append(f"thousands {_MARKS[self.marks.thousands]}")
        how.append("names in the file" if self.header.found else "no names in the file")
        said.append(f"Read with {join(how)}" + (f"; {self.header.note}." if self.header.note else "."))
        if label is not None:
            said.append(self._label_sentence(label))
        if self.colour:
            said.append(f"Coloured by “{self.colour}”.")
        left = [c for c in self.columns if self.roles[c.name] == "left out"]
        if left:
            said.append(f"Left out: {_few([f'“{c.name}” ({c.why or self._asked(c)})' for c in left])}.")
        if gone := self._missing_sentence():
            said.append(gone)
        said += [f"“{c.name}”: {c.note}." for c in used if c.note]
        return tuple(said)

    def _asked(self, column: Column) -> str:
        return "colours" if column.name == self.colour else "as asked"

    def _label_sentence(self, label: Column) -> str:
        names, keep = self.label_names(), self.kept()
        spellings = len(set(label.cells[keep])) if label.cells is not None else len(names)
        classes = f"{len(names)} class{'es' * (len(names) != 1)}"
        alike = f"; {spellings} spellings make {classes}" if spellings > len(names) else ""
        return f"Label “{label.name}”: {classes}, {_few(names)}{alike}."

    def _missing_sentence(self) -> str:
        """How many values are missing, and what becomes of them."""
        used = [(c.name, int(c.missing.sum())) for c in self.used() if c.missing.any()]
        parts = [f"{count:,} in “{name}”" for name, count in used]
        label = self.label()
        gone = len(self.numbers) - int(self.kept().sum())
        if label is not None and label.missing.any():
            parts.append(f"{int(label.missing.sum()):,} in the label “{label.name}”")
        if not parts:
            return ""
        fate = f"{gone:,} row{'s' * (gone != 1)} left out"
        if self.reading.missing != "drop" and used:
            fate = f"filled with the {self.reading.missing} of the training rows" + (
                f", {fate}" if gone else ""
            )
        return f"Missing values: {_few(parts)}; {fate}."


def _shown(cell: str) -> str:
    """A cell in a sentence, signs that cannot be seen written out."""
    return cell if cell.isprintable() else repr(cell)[1:-1]


def _line(row: Sequence[str]) -> str:
    return ",".join(row)


def _few(words: Sequence[str], most: int = 6) -> str:
    """A list in a sentence, cut short."""
    return (
        join(words)
        if len(words) <= most
        else f"{', '.join(words[: most - 1])} and {len(words) - most + 1} more"
    )


def survey(
    data: bytes, reading: Reading = AS_FOUND, name: str = "table", wanted: Sequence[str] = ()
) -> Survey:
    """What is understood of a file's content.

    Args:
        data: content of the file: text (.csv, .tsv, .txt, packed by gzip or not) or a workbook (.xlsx).
        reading: what is told of it.
        name: name of the file, for messages.
        wanted: columns to use whatever would be proposed, in this order: those of a trained run.

    Raises:
        InputError: it cannot be cut into rows and columns, or a column that is named is not there.
    """
    cells = cells_of(data, name, reading)
    header = find_header(cells, reading.header)
    frame = cells.frame.iloc[header.first :]
    if frame.empty:
        raise InputError("file", name, "at least 2 rows of numbers; this one has 0")
    texts = [(title, frame[column].tolist()) for title, column in zip(header.names, frame, strict=True)]
    columns, marks = understand(texts, cells.separator, reading, header.unnamed)
    roles, colour = _given(columns, reading, wanted) if wanted else _roles(columns, reading)
    head = tuple(tuple(str(cell) for cell in row) for row in frame.head(8).itertuples(index=False))
    numbers = np.array(cells.numbers[header.first :], dtype=np.int64)
    return Survey(
        name,
        reading,
        cells.separator,
        marks,
        header,
        numbers,
        tuple(columns),
        roles,
        colour,
        head,
        cells.sheet,
        tuple(wanted),
    )


def _roles(columns: Sequence[Column], reading: Reading) -> tuple[dict[str, Role], str]:
    """What each column is for, and which one colours."""
    by_name = {column.name: column for column in columns}
    asked = [("label", reading.label), ("colour", reading.colour), *(("drop", name) for name in reading.drop)]
    for field, name in asked:
        if name not in (AUTO, NONE) and name not in by_name:
            raise InputError(field, name, f"a column of the file: {_few(list(by_name), 12)}")
    dropped, proposing = set(reading.drop) - {NONE}, NONE not in reading.drop
    label = by_name.get(reading.label)
    if reading.label == AUTO:
        label = proposed_label(columns, frozenset(dropped | {reading.colour}))
    colour = by_name.get(reading.colour)
    only_colours = None
    if reading.colour == AUTO:
        colour = only_colours = proposed_colour([c for c in columns if c is not label])
    if colour is not None and colour.values is None:
        raise InputError("colour", colour.name, f"a column of numbers; this one holds {colour.kind}")
    roles: dict[str, Role] = {}
    for column in columns:
        left = column.name in dropped or (proposing and (column.why or column is only_colours))
        roles[column.name] = "label" if column is label else "left out" if left else "use"
    if proposing:
        _readmit(columns, roles, dropped)
    return roles, colour.name if colour else ""


def _given(columns: Sequence[Column], reading: Reading, wanted: Sequence[str]) -> tuple[dict[str, Role], str]:
    """What each column is for where those to use are given; the label may be absent."""
    there = {column.name: column for column in columns}
    lacking = [name for name in wanted if name not in there]
    if lacking:
        allowed = (
            f"a column called {join([f'“{name}”' for name in lacking[:6]])}, which the run was trained on"
        )
        raise InputError("file", f"columns {_few(list(there))}", allowed)
    label = there.get(reading.label)
    if reading.label == AUTO:
        label = proposed_label(columns, frozenset(wanted))
    roles: dict[str, Role] = dict.fromkeys(there, "left out")
    roles |= dict.fromkeys(wanted, "use")
    if label is not None and label.name not in wanted:
        roles[label.name] = "label"
    return roles, ""


def _readmit(columns: Sequence[Column], roles: dict[str, Role], dropped: set[str]) -> None:
    """An id goes in after all where fewer than two columns would be left."""
    for column in columns:
        if list(roles.values()).count("use") >= 2:
            return
        if column.why == "an id" and column.name not in dropped and roles[column.name] == "left out":
            roles[column.name] = "use"
