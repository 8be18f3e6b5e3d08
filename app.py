"""AutoencODE Lab: the router. Every page draws itself (pages/), this only lists them."""

import streamlit as st

from pages.shared.looks import projector_switch
from pages.shared.setup import page_setup

page_setup("Lab")
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
        st.Page("pages/mathematics.py", title="The mathematics"),
        st.Page("pages/glossary.py", title="Words and symbols"),
    ]
).run()
with st.sidebar:
    projector_switch()
