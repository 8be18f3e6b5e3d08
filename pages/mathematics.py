"""The mathematics: docs/theory.md and, beside it, a list of its sections."""

import re

import streamlit as st

from autoencode_core.home import DOCS
from pages.shared.places import open_place
from pages.shared.session import LinkKey
from pages.shared.setup import guard, page_setup

SECTION = LinkKey("section")
"""Which section to open: its number, such as 6b."""
TEXT_WIDTH = 740
"""Pixels of a line that reads well."""
_STYLE = """<style>
@media (min-width: 641px) { /* narrower, columns stand below each other */
  [data-testid="stColumn"]:has(.st-key-contents) { position: sticky; top: 4rem; align-self: flex-start; }
}
.katex-display { overflow-x: auto; overflow-y: hidden; padding-block: 0.25rem; }
</style>"""


def render() -> None:
    """Draws the page."""
    page_setup("The mathematics")
    st.html(_STYLE)
    with guard():
        _text((DOCS / "theory.md").read_text(encoding="utf-8"))


def _text(theory: str) -> None:
    """The text by its sections, beside them a list of links to each."""
    opening, *parts = re.split(r"^## ", theory, flags=re.MULTILINE)
    title, _, before = opening.partition("\n")
    sections = [part.partition("\n") for part in parts]
    anchors = [anchor(heading) for heading, _, _ in sections]
    st.title(title.removeprefix("# "), anchor=False)
    contents, text = st.columns([1, 3.2], gap="large")
    with contents.container(key="contents"):
        links = zip(sections, anchors, strict=True)
        st.markdown("  \n".join(f"[{heading}](#{place})" for (heading, _, _), place in links))
    with text.container(width=TEXT_WIDTH):
        st.markdown(before)
        for (heading, _, body), place in zip(sections, anchors, strict=True):
            st.header(heading, anchor=place)
            st.markdown(body)
    asked = SECTION.get()
    for place in anchors:
        if asked and place.startswith(f"{asked}-"):
            open_place(place)


def anchor(heading: str) -> str:
    """Where a heading is found by a link, on this page as on a code host: 3-cost-and-its-gradient."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


if __name__ == "__main__":
    render()
