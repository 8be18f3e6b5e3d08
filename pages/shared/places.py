"""Places on a long page: a link opens one of them."""

import streamlit as st

_OPEN = """{
  // Again and again while the page above still grows, until a person scrolls.
  const moves = ["wheel", "touchstart", "keydown", "pointerdown"], until = performance.now() + 4000;
  let free = false;
  for (const move of moves) addEventListener(move, () => (free = true), { once: true, passive: true });
  const open = () => {
    if (free || performance.now() > until) return;
    document.getElementById("PLACE")?.scrollIntoView();
    setTimeout(open, 200);
  };
  open();
}"""


def open_place(place: str) -> None:
    """Scrolls to a place of the page.

    Args:
        place: id of an element: letters, digits, dashes and underscores, never what a person wrote.
    """
    st.html(f"<script>{_OPEN.replace('PLACE', place)}</script>", unsafe_allow_javascript=True)
