"""From a file to cells of text: limits before anything is parsed, encodings, separators, quotes, sheets."""

import csv
import gzip
import io
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from autoencode_core.data.reading import Reading
from autoencode_core.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

MAX_BYTES = 50_000_000
"""Largest file that is read, packed or unpacked."""
MAX_ROWS = 200_000
"""Most rows of data."""
MAX_COLUMNS = 1_000
"""Most columns, those left out included."""
MAX_UNPACKED = 4 * MAX_BYTES
"""Most bytes of XML in a workbook."""

_SIGNS = {",": ",", ";": ";", "tab": "\t", "|": "|", "space": r"\s+"}
_SNIFFED_ROWS, _SNIFFED_CHARACTERS = 100, 1_000_000
_LIKE_NUMBER = re.compile(r"[+\-−]?[\d.,'  ]*\d[.,]?([eE][+-]?\d+)?\s*%?|[+\-−]?[$€£¥]\s*[\d.,' ]*\d")
_BLANK = ' \t,;|"'
"""What a line without a value consists of."""
_NO_FORMULA = re.compile(r"^'(?='*[=+\-@\t\r])")
"""The apostrophe before a cell that a spreadsheet would take for a formula (export.csv_text)."""
_SEP_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)


@dataclass(frozen=True)
class Cells:
    """A table as text, row by row, header included; blank rows are gone.

    Attributes:
        frame: text cells (rows, columns), without spaces around, "" where blank.
        numbers: number of each row in the file, the first is 1 (rows,).
        separator: one of Reading's words, "" of a workbook.
        short: cells of the first row, where they are fewer than the columns.
        comment: names in a comment line above the table, or ().
        sheet: the sheet that was read, "" of a text file.
    """

    frame: "pd.DataFrame"
    numbers: list[int]
    separator: str
    short: int
    comment: tuple[str, ...] = ()
    sheet: str = ""


def cells_of(data: bytes, name: str, reading: Reading) -> Cells:
    """The cells of a file's content: a workbook, or text, packed by gzip or not.

    Raises:
        InputError: it is too large, neither, or not well-formed (the field names the row).
    """
    if len(data) > MAX_BYTES:
        raise too_large(name)
    if data[:4] == b"PK\x03\x04":
        return _sheet(data, name, reading)
    if reading.sheet:
        raise InputError("sheet", reading.sheet, "nothing for a text file, which has no sheets")
    lines, skipped, sign = _lines(_text(data, name))
    comment, body = _comments(lines)
    separator = next((word for word, each in _SIGNS.items() if each == sign), "")
    if reading.separator != "auto":
        separator = reading.separator
    separator = separator or _sniff(body, name, reading.decimal)
    return _parse(body, skipped + len(lines) - len(body), separator, comment, name)


def too_large(name: str) -> InputError:
    """The complaint of a file over the limit."""
    return InputError("file", name, f"a file of at most {MAX_BYTES // 1_000_000} MB, unpacked")


# ---- text


def _text(data: bytes, name: str) -> str:
    if data[:2] == b"\x1f\x8b":
        data = _unpacked(data, name)
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8")
    except UnicodeDecodeError:
        raise InputError("file", name, "text in UTF-8; save it again as “CSV UTF-8”") from None
    if "\0" in text:
        raise InputError(
            "file", name, "text in UTF-8 without NUL bytes; this one is binary, or UTF-16 unmarked"
        )
    return text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _unpacked(data: bytes, name: str) -> bytes:
    """The content of a gzip file, never more than the limit of it."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError("file", name, f"a whole gzip file ({error})") from None
    if len(content) > MAX_BYTES:
        raise too_large(name)
    return content


def _lines(text: str) -> tuple[list[str], int, str]:
    """The lines, how many came off the front, and the separator that `sep=` names there ("" without)."""
    lines = text.split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    named = _SEP_LINE.fullmatch(lines[0]) if lines else None
    return (lines[1:], 1, named[1]) if named else (lines, 0, "")


def _comments(lines: list[str]) -> tuple[str, list[str]]:
    """The last comment line above the table, without its sign, and the lines from the table on."""
    first = next(
        (i for i, line in enumerate(lines) if line.strip() and line.lstrip()[0] not in "#%"), len(lines)
    )
    said = [line.strip().lstrip("#%").strip() for line in lines[:first] if line.strip()]
    return (said[-1], lines[first:]) if said else ("", lines)


def _sniff(lines: Sequence[str], name: str, decimal: str) -> str:
    """The separator that cuts the first rows most evenly and into most numbers, then most finely.

    A comma that is the decimal mark separates no cells unless there are quotes.
    """
    head = _head(lines)
    signs = [sign for sign in _SIGNS if sign != "," or decimal != "," or any('"' in line for line in head)]

    def score(separator: str) -> tuple[float, int]:
        rows = [row for row in islice(_records(head, separator, name), _SNIFFED_ROWS) if any(row)]
        width, often = Counter(map(len, rows)).most_common(1)[0] if rows else (0, 0)
        if width < 2:
            return 0.0, 0
        like = sum(bool(_LIKE_NUMBER.fullmatch(cell)) for row in rows for cell in row)
        return often / len(rows) * (0.1 + like / sum(map(len, rows))), width

    return max(signs, key=score)


def _head(lines: Sequence[str]) -> list[str]:
    """The first lines, within a number of characters."""
    head, room = [], _SNIFFED_CHARACTERS
    for line in lines[: 2 * _SNIFFED_ROWS]:
        head.append(line[:room])
        room -= len(line)
        if room <= 0:
            break
    return head


def _records(lines: Sequence[str], separator: str, name: str) -> Iterator[list[str]]:
    """Rows of cells as Python's own reader cuts them: to count and to guess, not to take values from."""
    if separator == "space":
        lines, sign = [" ".join(line.split()) for line in lines], " "
    else:
        sign = _SIGNS[separator]
    try:
        for row in csv.reader((line + "\n" for line in lines), delimiter=sign, skipinitialspace=True):
            yield [cell.strip() for cell in row]
    except csv.Error as error:
        raise InputError("file", name, f"a well-formed table ({error})") from None


def _parse(lines: Sequence[str], skipped: int, separator: str, comment: str, name: str) -> Cells:
    """The cells of lines, each row with its number."""
    import pandas as pd  # start-up time

    if not any(line.strip(_BLANK) for line in lines):
        raise InputError("file", name, "a table with at least 2 rows of numbers; this one is empty")
    if len(lines) > MAX_ROWS + 100:
        raise InputError("file", name, f"at most {MAX_ROWS:,} rows; this one has about {len(lines):,}")
    sign = _SIGNS[separator]
    blank = next(i for i, line in enumerate(lines) if line.strip(_BLANK))
    lines, skipped = lines[blank:], skipped + blank
    widest = max(len(line.split()) if separator == "space" else line.count(sign) + 1 for line in lines)
    if widest > MAX_COLUMNS:
        raise InputError("file", name, f"at most {MAX_COLUMNS:,} columns; this one has about {widest:,}")
    rows = [row for row in islice(_records(_head(lines), separator, name), _SNIFFED_ROWS) if any(row)]
    usual = Counter(map(len, rows[1:] or rows)).most_common(1)[0][0]
    width = max(usual, len(rows[0]))
    try:
        frame = pd.read_csv(
            io.StringIO("\n".join(lines)),
            sep=sign,
            header=None,
            names=list(range(width)),
            index_col=False,
            dtype=str,
            keep_default_na=False,
            skip_blank_lines=False,
            skipinitialspace=True,
            low_memory=False,
        )
    except pd.errors.ParserError as error:
        raise _malformed(str(error), skipped, name) from None
    frame = frame.apply(lambda column: column.str.strip())
    if any("'" in line for line in lines):
        frame = frame.apply(lambda column: column.str.replace(_NO_FORMULA, "", regex=True))
    filled = (frame != "").any(axis=1).to_numpy()
    numbers = [skipped + i + 1 for i, keep in enumerate(filled) if keep]
    frame = frame[filled].reset_index(drop=True)
    filled_first = len(rows[0]) - next((i for i, cell in enumerate(reversed(rows[0])) if cell), 0)
    _check_lengths(frame, numbers, lines, separator, skipped, max(usual, filled_first), name)
    _check_swallowed(frame, numbers, sign)
    names = next(_records([comment], separator, name), []) if comment else []
    named = tuple(names) if len(names) == width else ()
    return Cells(frame, numbers, separator, len(rows[0]) if len(rows[0]) < width else 0, named)


def _malformed(said: str, skipped: int, name: str) -> InputError:
    """Pandas' complaint as one of ours, with the row."""
    if found := re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", said):
        wanted, row, seen = map(int, found.groups())
        return InputError(
            f"file, row {skipped + row}", f"{seen} cells", f"{wanted} cells, as in the other rows"
        )
    if found := re.search(r"EOF inside string starting at row (\d+)", said):
        row = skipped + int(found[1]) + 1
        return InputError(f"file, row {row}", 'a quote (") that is never closed', "quotes in pairs")
    return InputError("file", name, f"a well-formed table ({said.strip()})")


def _check_lengths(
    frame: "pd.DataFrame",
    numbers: Sequence[int],
    lines: Sequence[str],
    separator: str,
    skipped: int,
    wanted: int,
    name: str,
) -> None:
    """Refuse rows with fewer cells than wanted, which pandas fills up; the first may have one less."""
    if not (frame[frame.columns[-1]] == "").any():
        return
    counted = _records(lines, separator, name)
    for row, cells in enumerate(counted, start=skipped + 1):
        if any(cells) and len(cells) < wanted and row > numbers[0]:
            allowed = f"{wanted} cells, as in the first row or in the others"
            raise InputError(f"file, row {row}", f"{len(cells)} cells", allowed)


def _check_swallowed(frame: "pd.DataFrame", numbers: Sequence[int], sign: str) -> None:
    """Refuse a cell over several lines of which one looks like a row: its quote was to end before."""
    width = frame.shape[1]
    for column in frame:
        broken = frame.index[frame[column].str.contains("\n", regex=False)]
        for i in broken:
            parts = str(frame.loc[i, column]).split("\n")
            if any(
                len(re.split(re.escape(sign) if sign != r"\s+" else sign, part)) >= width
                for part in parts[1:]
            ):
                where = f"file, row {numbers[int(i)]}"
                raise InputError(where, 'a quote (") that swallows the rows below', "quotes in pairs")


# ---- workbooks


def _sheet(data: bytes, name: str, reading: Reading) -> Cells:
    """The cells of a sheet of a workbook (.xlsx); of formulas the values stored with them."""
    import pandas as pd  # start-up time

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            size = sum(member.file_size for member in packed.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise InputError("file", name, f"a whole workbook ({error})") from None
    if size > MAX_UNPACKED:
        raise InputError("file", name, f"a workbook of at most {MAX_UNPACKED // 1_000_000} MB, unpacked")
    try:
        import openpyxl  # type: ignore[import-untyped]
    except ImportError:
        raise InputError(
            "file",
            name,
            "a text file such as .csv: workbooks need the package openpyxl (pip install openpyxl)",
        ) from None
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        titles = [sheet.title for sheet in book.worksheets]
        title = reading.sheet or (titles[0] if titles else "")
        if title not in titles:
            raise InputError("sheet", title, f"one of {', '.join(titles)}")
        values = list(islice(book[title].iter_rows(values_only=True), MAX_ROWS + 101))
    except InputError:
        raise
    except Exception as error:  # openpyxl raises whatever its parts raise
        raise InputError("file", name, f"a whole workbook, .xlsx ({type(error).__name__})") from None
    if len(values) > MAX_ROWS + 100:
        raise InputError("file", name, f"at most {MAX_ROWS:,} rows")
    mark = "," if reading.decimal == "," else "."
    rows = [[_cell(value, mark) for value in row] for row in values]
    used = [i for i, row in enumerate(rows) if any(row)]
    width = max((j + 1 for i in used for j, cell in enumerate(rows[i]) if cell), default=0)
    if not used:
        raise InputError("file", name, "a sheet with at least 2 rows of numbers; this one is empty")
    if width > MAX_COLUMNS:
        raise InputError("file", name, f"at most {MAX_COLUMNS:,} columns; this one has {width:,}")
    frame = pd.DataFrame([(rows[i] + [""] * width)[:width] for i in used], dtype=str)
    return Cells(frame, [i + 1 for i in used], "", 0, sheet=title)


def _cell(value: Any, mark: str) -> str:
    """A value of a workbook as text, its decimals after the mark."""
    if value is None:
        return ""
    if isinstance(value, float):
        text = repr(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
        return text.replace(".", mark)
    return str(value).strip()
