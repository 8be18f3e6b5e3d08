"""AutoencODE Lab: `streamlit run app.py` imports this file as its server, and runs it for every visitor."""

import streamlit as st

if __name__ == "__main__":
    from pages.router import route

    route()
else:
    from starlette.middleware import Middleware
    from starlette.routing import Route

    from autoencode_core.logs import write_as_all_others, write_logs
    from pages.shared.headers import HEALTH, SafeHeaders
    from pages.shared.health import health
    from pages.shared.streamlit_internals import log_through

    write_logs()
    log_through(write_as_all_others)
    app = st.App(__file__, routes=[Route(HEALTH, health)], middleware=[Middleware(SafeHeaders)])
