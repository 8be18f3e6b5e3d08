"""What every page needs first: its title, the store of runs, the jobs, and a guard against tracebacks."""

import logging
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
from pydantic import ValidationError

from autoencode_core.errors import InputError
from autoencode_core.figures.run.cautions import cautions
from autoencode_core.home import ASSETS, GALLERY, asset_text
from autoencode_core.knobs import explain
from autoencode_core.spec import RunSpec
from autoencode_core.store.record import RunRecord
from autoencode_core.workers.own_worker import few_arenas, give_back_memory
from pages.shared.login import let_in
from pages.shared.looks import dark as dark
from pages.shared.looks import style_page
from pages.shared.plain_text import escape as escape
from pages.shared.session import arrive, bound_link
from pages.shared.streamlit_internals import forget_who_left, leave_pages_folder, serve_many
from pages.shared.teaching import follow_teaching

if TYPE_CHECKING:
    from autoencode_core.desk.answers import Answers
    from autoencode_core.desk.jobs import Jobs
    from autoencode_core.store.run_store import RunStore

NAME = "AutoencODE Lab"
_ROUTER = "Lab"
WORKERS_AFTER_SECONDS = 4.0
REST_SECONDS = 20.0
"""Time between two looks whether a server that nobody visits can give memory back."""

_app_leads = False
_log = logging.getLogger(__name__)


def page_setup(title: str) -> None:
    """First call of every page, on every run: tab title, icon, wide layout, logo.

    Args:
        title: name of the page, as in the menu; that of the router is none.
    """
    _lead_with_app()
    cut = False
    if title != _ROUTER:
        arrive(title)
        cut = bound_link()
        follow_teaching()
    logo = str(ASSETS / "logo.svg")
    st.set_page_config(page_title=f"{title} · {NAME}", page_icon=logo, layout="wide")
    st.logo(logo, size="large")
    style_page()
    let_in()
    if cut:
        st.warning("The link says more than any link of this app: what is too long or too much is left out.")


def _lead_with_app() -> None:
    """Once in the server's life: have Streamlit run app.py and not the bare page, for many visitors."""
    global _app_leads
    if not _app_leads:
        _app_leads = True
        few_arenas()
        serve_many()
        if leave_pages_folder():
            st.rerun()


def runs_root() -> Path:
    """Folder of the runs: $AUTOENCODE_RUNS, else runs."""
    return Path(os.environ.get("AUTOENCODE_RUNS") or "runs")


@st.cache_resource(show_spinner=False)
def store() -> "RunStore":
    """The one store of runs, own ones and the gallery."""
    from autoencode_core.store.run_store import RunStore  # here: a page is drawn sooner without it

    return RunStore(runs_root(), gallery=GALLERY)


@st.cache_resource(show_spinner=False)
def jobs() -> "Jobs":
    """The jobs of this server, shared by all visitors."""
    from autoencode_core.desk.jobs import Jobs  # here: distributed takes its time to import

    made = Jobs(store())
    made.recover()
    made.housekeeping.every(REST_SECONDS, rest)
    # The workers load torch, which takes both cores for a while: the first picture goes before.
    delay = threading.Timer(WORKERS_AFTER_SECONDS, made.start)
    delay.daemon = True
    delay.start()
    return made


def rest() -> None:
    """Gives back the memory of visitors who have left; what takes a moment waits until nobody is there."""
    if not forget_who_left():
        give_back_memory()


@st.cache_resource(show_spinner=False)
def answers() -> "Answers":
    """The questions about stored runs, shared by all visitors."""
    from autoencode_core.desk.answers import Answers  # here: like the jobs

    return Answers(jobs())


@contextmanager
def guard() -> Iterator[None]:
    """Turn what goes wrong into sentences, so that the rest of the page stays usable.

    Use it as `with guard():` or `@guard()`. Streamlit's own reruns and stops are no errors and pass.
    """
    try:
        yield
    except InputError as error:
        complain(error)
    except ValidationError as error:
        for complaint in explain(error):
            complain(complaint)
    except Exception:
        reference = secrets.token_hex(4)
        _log.exception("A part of the page failed", extra={"reference": reference})
        st.error(
            "Something went wrong here, and it is not your doing. Nothing stored is lost; the server's log "
            f"has the details, under {reference}. Reload the page, or try another value."
        )


def complain(error: InputError) -> None:
    """One bad value as an error box: what it is called on screen, what was given, what is allowed."""
    info = RunSpec.model_fields.get(error.field)
    title = (info.title if info else None) or error.field
    value = error.value if isinstance(error.value, str) else repr(error.value)
    value = value if len(value) <= 80 else value[:79] + "…"
    st.error(f"**{escape(title)}** is {escape(value) or 'empty'}. Allowed is {escape(error.allowed)}.")


def explanation(name: str) -> None:
    """What a page shows, for who has never seen it, folded away.

    Args:
        name: of the text in assets/texts.
    """
    with st.expander("What am I looking at?"):
        st.markdown(asset_text("texts", f"{name}.md"))


def unusual(record: RunRecord) -> None:
    """Why a run ended early, and what is unusual about its pictures."""
    if record.status == "diverged":
        st.warning(escape(record.message))
    for sentence in cautions(record):
        st.caption(sentence)
