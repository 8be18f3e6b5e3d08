"""A link as others need it: whole, to be copied, and as a QR code."""

from urllib.parse import urlencode, urlsplit, urlunsplit

import streamlit as st

from pages.shared.session import whole_link
from pages.shared.teaching import only_page

_HERE_ONLY = ("localhost", "127.0.0.1", "::1")


def share_button() -> None:
    """The link to what is on the screen, folded away; nothing where the app is out of sight."""
    if only_page() or st.context.is_embedded:
        return
    box = st.popover("Link to this screen", width="stretch", key="share_link", on_change="rerun")
    if not box.open:  # its code is drawn for who looks at it, not at every turn of a knob
        return
    with box:
        here = urlsplit(st.context.url or "")
        query = urlencode(whole_link(), doseq=True)
        show_link(urlunsplit((here.scheme, here.netloc, here.path, query, "")))
        st.caption("It opens this page with all that is set here. It never begins a training by itself.")


def show_link(address: str) -> None:
    """An address to be copied, and its QR code.

    Args:
        address: the whole of it.
    """
    st.code(address, language=None, wrap_lines=True)
    if (urlsplit(address).hostname or "") in _HERE_ONLY:
        st.caption(
            "This address works on this computer only: for a class, open the app under the address that "
            "others reach it by, and take the link there."
        )
    code = _qr_code(address)
    if code:
        st.html(f'<img src="{code}" alt="QR code of the link above" style="max-width: 100%; width: 16rem">')
    else:
        st.caption("The link is too long for a QR code.")


def address_of(link: str) -> str:
    """The whole address of a page from where the visitor is.

    Args:
        link: from link.link_to.
    """
    path, _, query = link.removeprefix("./").partition("?")
    here = urlsplit(st.context.url or "")
    folder = here.path.rpartition("/")[0]
    return urlunsplit((here.scheme, here.netloc, f"{folder}/{path}", query, ""))


@st.cache_data(max_entries=64, show_spinner=False)
def _qr_code(address: str) -> str:
    """As the source of an image, "" where there is no room for so long an address."""
    import segno  # here: a page is drawn sooner without it

    try:
        return str(segno.make(address, micro=False, error="l").svg_data_uri(scale=4, light="#fff"))
    except segno.DataOverflowError:
        return ""
