"""Names of files."""

import re
import unicodedata


def slug(text: str) -> str:
    """Letters, digits and dashes of a text, at most 60; "" where it has none."""
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_]+", "-", ascii_only).strip("-")[:60].rstrip("-")
