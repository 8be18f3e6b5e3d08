"""What the server tells browsers beside its answers: what a page may load, who may show it in a frame."""

import os
from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.shared.streamlit_internals import is_host_allowed

HEALTH = "/health"
"""Path that answers under every name: what watches a server may know it by its number alone."""
FRAMES = "AUTOENCODE_FRAMES"
"""Name of the variable with the addresses of pages that may show the app in a frame, apart by blanks."""

_REFUSED = (
    "This server does not answer under this name. Whoever runs it adds the name to server.allowedHosts: "
    "streamlit run app.py --server.allowedHosts lab.example.org\n"
)


class SafeHeaders:
    """ASGI middleware: adds the headers to every answer, and refuses names that are not allowed.

    Args:
        app: what answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._headers = headers(os.environ.get(FRAMES, "").split())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":  # Streamlit looks itself at who opens a connection
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        allowed = scope["path"] == HEALTH or is_host_allowed(Headers(scope=scope).get("host"))
        answer = self._app if allowed else PlainTextResponse(_REFUSED, 421)
        await answer(scope, receive, send_with_headers)


def headers(frames: Iterable[str] = ()) -> dict[str, str]:
    """The headers of every answer.

    Streamlit has scripts and styles in its page, hence 'unsafe-inline', and compiles WebAssembly. What
    matters is the rest: no text is run as a program, nothing is loaded from, or sent to, anywhere else.

    Args:
        frames: addresses of pages that may show the app in a frame, beside its own.
    """
    sources = {
        "default-src": "'self'",
        "script-src": "'self' 'unsafe-inline' 'wasm-unsafe-eval' blob:",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "media-src": "'self' data: blob:",
        "connect-src": "'self' data: blob:",
        "worker-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": " ".join(("'self'", *frames)),
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in sources.items()),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
