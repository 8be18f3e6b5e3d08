"""Places on a long page: a link opens one of them."""

import streamlit as st

_OPEN = """{
  // Again and again while the page above still grows, until a person scrolls. What a person chose on the
  // page since (the address then ends in #place) comes before what the link asked for, and grows away too.
  window.openedPlace?.abort();
  window.openedPlace = new AbortController();
  const asked = { signal: window.openedPlace.signal, passive: true };
  let until;
  const open = () => {
    if (asked.signal.aborted || performance.now() > until) return;
    document.getElementById(decodeURIComponent(location.hash.slice(1)) || "PLACE")?.scrollIntoView();
    setTimeout(open, 200);
  };
  const start = () => { until = performance.now() + 4000; open(); };
  for (const move of ["wheel", "touchmove", "keydown"]) addEventListener(move, () => (until = 0), asked);
  addEventListener("hashchange", start, asked);
  start();
}"""


def open_place(place: str) -> None:
    """Scrolls to a place of the page, and keeps to it while the page above it grows.

    Args:
        place: id of an element: letters, digits, dashes and underscores, never what a person wrote.
    """
    st.html(f"<script>{_OPEN.replace('PLACE', place)}</script>", unsafe_allow_javascript=True)
