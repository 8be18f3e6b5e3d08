"""Reading: how a table file is to be understood, what of it is used; "auto" leaves it to what is found."""

import csv
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

AUTO, NONE = "auto", "none"
"""Words for "as it is found" and "nothing", which no column is called (reading names it otherwise)."""

_Name = Annotated[str, Field(max_length=1000)]
_SPELLINGS: Mapping[str, Mapping[str, str]] = {
    "separator": {"\t": "tab", "\\t": "tab", " ": "space", "comma": ",", "semicolon": ";", "pipe": "|"},
    "decimal": {"point": ".", "dot": ".", "comma": ","},
    "thousands": {"point": ".", "dot": ".", "comma": ",", " ": "space", "apostrophe": "'", "": "none"},
}


def _spelt(name: str) -> BeforeValidator:
    """Another spelling of a word, as the word."""
    return BeforeValidator(
        lambda value: _SPELLINGS[name].get(value, value) if isinstance(value, str) else value
    )


def _names(value: Any) -> Any:
    """Names with commas between, quoted where they hold one, as a list; other values pass unchanged."""
    if isinstance(value, str):
        try:
            found = next(csv.reader([value], skipinitialspace=True, strict=True), [])
        except csv.Error:
            raise PydanticCustomError("not_allowed", "allowed is {allowed}", {"allowed": _LIST}) from None
        return tuple(name.strip() for name in found if name.strip())
    return value


_LIST = "names of columns with commas between; in double quotes where a name holds a comma"


class Reading(BaseModel):
    """How a file is read; every field is a flag and a widget, and is stored with the run.

    Raises:
        pydantic.ValidationError: a value is not among those allowed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    separator: Annotated[
        Literal["auto", ",", ";", "tab", "|", "space"],
        _spelt("separator"),
        Field(title="Separator", description="What stands between two cells; space: one or more."),
    ] = "auto"
    decimal: Annotated[
        Literal["auto", ".", ","],
        _spelt("decimal"),
        Field(title="Decimal mark", description="What stands before the decimals: 1.5 or 1,5."),
    ] = "auto"
    thousands: Annotated[
        Literal["auto", "none", ",", ".", "space", "'"],
        _spelt("thousands"),
        Field(
            title="Thousands mark",
            description="What groups the digits of large numbers: 1,890 or 1.890 or 1 890 or 1'890.",
        ),
    ] = "auto"
    header: Annotated[
        Literal["auto", "yes", "no"],
        Field(title="Header", description="Whether the first row holds the names of the columns."),
    ] = "auto"
    sheet: Annotated[
        _Name,
        Field(
            title="Sheet", description="Name of the sheet of a workbook (.xlsx); the first one by default."
        ),
    ] = ""
    label: Annotated[
        _Name,
        Field(
            title="Label",
            description="Column that gives the classes; none: no column does. By default one called label, "
            "class or target, else the first column of text with few different values.",
        ),
    ] = AUTO
    colour: Annotated[
        _Name,
        Field(
            title="Colour",
            description="Column of numbers that colours the particles, whether it is used or left out; "
            "none: the first one used.",
        ),
    ] = AUTO
    drop: Annotated[
        tuple[_Name, ...],
        BeforeValidator(_names),
        Field(
            max_length=1001,
            title="Left out",
            description="Columns to leave out, beside those that are no data (row names, ids, constants, "
            "text, dates, columns more than half empty); none, and further names: exactly those named.",
        ),
    ] = ()
    missing: Annotated[
        Literal["drop", "mean", "median"],
        Field(
            title="Missing values",
            description="Rows with a blank or NA, NULL, ?, - … in a column that is used are left out "
            "(drop), or it is filled with the mean or the median of the training rows.",
        ),
    ] = "drop"

    def but(self, **changes: Any) -> "Reading":
        """This reading with some fields changed, validated again."""
        return Reading.model_validate({**dict(self), **changes})

    @property
    def coloured(self) -> str:
        """Name of the column that is to colour, "" where that is left to what is found."""
        return "" if self.colour in (AUTO, NONE) else self.colour

    def changed(self) -> dict[str, Any]:
        """The fields that differ from their defaults."""
        return {name: value for name, value in self if value != Reading.model_fields[name].default}


AS_FOUND = Reading()
"""The reading that leaves everything to what is found."""


def allowed_in(name: str) -> str:
    """What a field of Reading accepts, in words."""
    annotation = Reading.model_fields[name].annotation
    if get_origin(annotation) is Literal:
        return ", ".join(get_args(annotation))
    if name == "drop":
        return _LIST
    return "the name of a sheet" if name == "sheet" else f"the name of a column, {AUTO} or {NONE}"


def reading_in_words(reading: Reading) -> str:
    """What a reading asks for beyond what is found; "as found" where it asks for nothing."""
    parts = []
    for name, value in reading.changed().items():
        title = str(Reading.model_fields[name].title)
        shown = ", ".join(value) if isinstance(value, tuple) else value
        parts.append(f"{title[0].lower()}{title[1:]} {shown}")
    return "; ".join(parts) or "as found"


ENDINGS = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz", ".xlsx")
"""Endings of the names of table files."""
_DIGEST = re.compile(r"^[0-9a-f]{12}-(?=.)")
"""What stands before the name of a file that somebody uploaded."""
_ENDING = re.compile(r"(\.(csv|tsv|txt)(\.gz)?|\.xlsx)$", re.IGNORECASE)


def is_table(dataset: str) -> bool:
    """Whether a data set is named by the path of a table file."""
    return _ENDING.search(dataset) is not None


def file_title(path: str) -> str:
    """What a file is called on screen: without its folders, and without the digest it is kept under."""
    return _DIGEST.sub("", path.replace("\\", "/").rsplit("/", 1)[-1])


def table_name(path: str) -> str:
    """The name of a table file without folder and ending."""
    return _ENDING.sub("", path.replace("\\", "/").rsplit("/", 1)[-1])
