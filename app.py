"""AutoencODE Lab: the router. Every page draws itself (pages/), this only lists them."""

import streamlit as st

from pages.shared.looks import projector_switch
from pages.shared.setup import page_setup
from pages.shared.share import share_button
from pages.shared.teaching import follow_teaching, only_page

page_setup("Lab")
follow_teaching()
st.navigation(
    [
        st.Page("pages/playground.py", title="Playground", default=True),
        st.Page("pages/lessons.py", title="Lessons"),
        st.Page("pages/flow.py", title="Flow"),
        st.Page("pages/latent.py", title="Latent"),
        st.Page("pages/regimes.py", title="Regimes"),
        st.Page("pages/control.py", title="Control"),
        st.Page("pages/ode_limit.py", title="ODE limit"),
        st.Page("pages/mean_field.py", title="Mean field"),
        st.Page("pages/runs.py", title="Runs"),
        st.Page("pages/share.py", title="Share"),
        st.Page("pages/mathematics.py", title="The mathematics"),
        st.Page("pages/glossary.py", title="Words and symbols"),
    ],
    position="hidden" if only_page() else "sidebar",
).run()
with st.sidebar:
    share_button()
    projector_switch()
