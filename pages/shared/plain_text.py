"""A person's own text where Streamlit reads Markdown: shown as it is, whatever it says."""

import re
import unicodedata

_MARKS = frozenset(r"\`*_{}[]()<>#+-.!|~$:&=@")
_TURNS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that turn the direction of what stands behind them, the app's own words included."""
_JOINER = "\u2060"
"""A word joiner: it has no width and lets no line break."""
_REPLACED = re.compile(
    r"(?<=:)(?=//)"  # http://a.b becomes a link
    r"|(?<=www)(?=\.)"  # and so does www.a.b
    r"|(?<=[-.\w+]@)(?=[-\w])"  # and a@b.c
    r"|(?<=:)(?=[-+\w/]+:)",  # :smile: and :material/home: become pictures
    re.IGNORECASE,
)
_ARROWS = re.compile(r"(?<!\S)(<->|->|<-|--|>=|<=|~=)(?!\S)")
"""What becomes → or ≥ where it stands alone."""


def escape(text: str) -> str:
    """Text that Markdown shows as it is: no link, picture, sign or formula is made of it.

    A backslash before a mark keeps it from being read as Markdown. What Streamlit makes of the text
    afterwards (addresses, :emoji:, arrows) is kept apart by a character that is not seen.

    Args:
        text: anything; line breaks and control characters become blanks.
    """
    text = "".join(map(_visible, text))
    text = _ARROWS.sub(lambda found: found[0][0] + _JOINER + found[0][1:], text)
    text = _REPLACED.sub(_JOINER, text)
    return "".join(f"\\{char}" if char in _MARKS else char for char in text)


def _visible(char: str) -> str:
    if char in _TURNS:
        return ""
    return " " if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") else char
