"""Who looks: one name for a person over reloads and tabs, which tells nothing of them."""

import hashlib
import secrets

import streamlit as st

from pages.shared.session import SessionKey
from pages.shared.streamlit_internals import browser_secret

_HERE = SessionKey("visitor_here", str)
"""Who looks, where neither a login nor a cookie tells: the session."""


def visitor() -> str:
    """Who looks, as 32 hexadecimal digits; the same on every page, in every tab and after a reload.

    It is taken from the e-mail of who has logged in, else from the cookie that Streamlit gives each
    browser, else from the session. Neither can be told from it, and no link has a part in it.
    """
    mail = st.user.get("email")
    if mail:
        return _hashed("mail", str(mail).strip().lower().encode())
    if secret := browser_secret():
        return _hashed("browser", secret)
    here = _HERE.get()
    if here is None:
        here = secrets.token_hex(16)
        _HERE.set(here)
    return _hashed("session", here.encode())


def _hashed(kind: str, secret: bytes) -> str:
    return hashlib.sha256(kind.encode() + b"\0" + secret).hexdigest()[:32]
