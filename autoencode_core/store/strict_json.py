"""Plain values as strict JSON and back; whatever is read is taken for hostile."""

import json
import math
import re
from typing import Any

from autoencode_core.errors import InputError

_BRACKETS = 10_000
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def dump(value: Any) -> bytes:
    """A value as JSON; the same value gives the same bytes."""
    return json.dumps(value, sort_keys=True, allow_nan=False, separators=(",", ":")).encode()


def parse(data: bytes, source: str, wanted: str) -> dict[str, Any]:
    """The object in strict JSON.

    Args:
        data: from anywhere; its size is the caller's to check.
        source: what to call it in a message.
        wanted: what kind of file would be accepted.

    Raises:
        InputError: it is nested too often, not strict JSON in UTF-8, or no object, or holds text that no
            page could show.
    """
    # Each bracket costs far more memory than its byte.
    if data.count(b"[") + data.count(b"{") > _BRACKETS:
        raise InputError(source, "nested too often", wanted)
    try:
        text = data.decode()  # json.loads would also take other encodings, and halves of characters
        value = json.loads(text, parse_constant=_refuse_constant)
        if _SURROGATE.search(text):  # in pairs they are one character; alone they cannot be encoded
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise InputError(source, f"damaged ({error})", "standard JSON") from None
    if not isinstance(value, dict):
        raise InputError(source, value, "a JSON object")
    return value


def _refuse_constant(word: str) -> float:
    raise ValueError(f"{word} is not standard JSON")


def number_out(value: float | None) -> float | str | None:
    """A number as standard JSON, which has no word for NaN and infinity."""
    return value if value is None or math.isfinite(value) else str(float(value))


def number_in(value: Any) -> Any:
    """What `number_out` gave, as the number that it was; other values pass unchanged."""
    if isinstance(value, str) and value in ("nan", "inf", "-inf"):
        return float(value)
    if isinstance(value, int) and abs(value) > 2**63:
        return math.inf
    return value


def head_in(texts: dict[str, Any], source: str, form: str, version: int, wanted: str) -> None:
    """Refuse what is of another format, or of a later version of it.

    Raises:
        InputError: it is.
    """
    found = texts.get("version")
    if texts.get("format") != form or not isinstance(found, int):
        raise InputError(source, texts.get("format"), wanted)
    if found > version:
        raise InputError(f"{source}, version", found, f"at most {version}: a newer program wrote this file")
