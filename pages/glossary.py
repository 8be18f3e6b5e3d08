"""Words and symbols: what every knob, number, curve and mark on screen is, to be searched."""

from collections.abc import Mapping
from html import escape

import streamlit as st

from autoencode_core.glossary import TERMS, Kind, Term
from pages.shared.places import open_place
from pages.shared.session import LinkKey
from pages.shared.setup import guard, page_setup

TERM = LinkKey("term")
"""Which entry to open: its key in the table."""
KINDS: Mapping[Kind, str] = {
    "knob": "Knobs",
    "number": "Numbers and curves",
    "axis": "Axes",
    "mark": "Marks",
    "notion": "Notions",
}
"""The parts of the page, in their order."""
_HEADS = ("Symbol", "Word", "Meaning", "Unit", "Values", "Computed in")
_STYLE = """<style>
.terms { width: 100%; border-collapse: collapse; }
.terms th { text-align: left; font-weight: 600; }
.terms th, .terms td { padding: 0.4rem 0.9rem 0.4rem 0; vertical-align: top; border: 0;
  border-bottom: 1px solid color-mix(in srgb, currentColor 18%, transparent); }
.terms .symbol { font-weight: 600; white-space: nowrap; max-width: 9rem; overflow-wrap: anywhere; }
.terms .meaning { min-width: 16rem; }
.terms .entry { scroll-margin-top: 4.5rem; }
.terms .entry:target, .terms .entry.asked { background: color-mix(in srgb, currentColor 9%, transparent); }
.terms a { color: inherit; }
@media (max-width: 900px) { /* an entry below the other, what it is first */
  .terms thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .terms tr { display: block; padding: 0.5rem;
    border-bottom: 1px solid color-mix(in srgb, currentColor 18%, transparent); }
  .terms td { display: block; border: 0; padding: 0.1rem 0; }
  .terms td:empty { display: none; }
  .terms .symbol, .terms .word { display: inline; padding-right: 0.5rem; }
  .terms td[data-head]::before { content: attr(data-head) ": "; font-weight: 600; }
}
</style>"""


def render() -> None:
    """Draws the page."""
    page_setup("Words and symbols")
    st.title("Words and symbols", anchor=False)
    st.markdown(
        "Every knob, number, curve and mark of these pages: its symbol, what it is, its unit, the values "
        "that it takes, and the section of [The mathematics](mathematics) that says how it is computed."
    )
    with guard():
        asked = st.text_input(
            "Search",
            key="glossary_search",
            placeholder="a word or a symbol, such as costate, λ or ‖θ‖²",
            persist_state="session",
            help="Shows the entries that have it in their symbol, name, meaning, or other words for them.",
        )
        _entries(str(asked or ""))


def _entries(asked: str) -> None:
    found = {key: term for key, term in TERMS.items() if matches(term, asked)}
    if not found:
        st.info("No entry has that. Try a shorter word, or empty the field to see all of them.")
        return
    st.caption(f"{len(found)} of {len(TERMS)} entries")
    st.html(_STYLE)
    opened = TERM.get()
    for kind, title in KINDS.items():
        terms = {key: term for key, term in found.items() if term.kind == kind}
        if terms:
            st.header(title, anchor=kind)
            st.html(_table(terms, opened))
    if opened in found:
        open_place(_place(opened))


def matches(term: Term, asked: str) -> bool:
    """Whether an entry has every word that is asked for.

    Args:
        term: of TERMS.
        asked: words, in any case; none of them match everything.
    """
    text = " ".join((term.symbol, term.name, term.meaning, term.unit, term.range, *term.shown)).casefold()
    return all(word in text for word in asked.casefold().split())


def _table(terms: Mapping[str, Term], opened: str) -> str:
    """Entries as HTML; all of it is the program's own text."""
    rows = "".join(_row(key, term, key == opened) for key, term in terms.items())
    heads = "".join(
        f"<th scope='col'>{head}</th>" for head in ("Symbol", "Word", "Meaning", "Unit", "Values")
    )
    return (
        f"<table class='terms'><thead><tr>{heads}<th scope='col'>Computed in</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )


def _row(key: str, term: Term, opened: bool) -> str:
    where = ""
    if term.section:
        where = f"<a href='mathematics?section={term.section}' target='_self'>section {term.section}</a>"
    unit = "" if term.unit == "none" else term.unit
    return (
        f"<tr class='entry{' asked' * opened}' id='{_place(key)}'>"
        f"<td class='symbol'>{escape(term.symbol)}</td>"
        f"<td class='word'><a href='#{_place(key)}'>{escape(term.name)}</a></td>"
        f"<td class='meaning'>{escape(term.meaning)}</td>"
        f"<td data-head='Unit'>{escape(unit)}</td>"
        f"<td data-head='Values'>{escape(term.range)}</td>"
        f"<td data-head='Computed in'>{where}</td></tr>"
    )


def _place(key: str) -> str:
    """The anchor of an entry."""
    return f"term-{key.replace('_', '-')}"


if __name__ == "__main__":
    render()
