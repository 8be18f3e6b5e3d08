"""Whether the app can do its work, for whoever watches the server: no names, no files, no addresses."""

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse

from autoencode_core.errors import InputError
from pages.shared.setup import jobs, store


async def health(_: Request) -> JSONResponse:
    """What /health answers: 200 where runs can be trained and stored, else 503."""
    found = await run_in_threadpool(condition)
    status = 200 if found["status"] == "ok" else 503
    return JSONResponse(found, status, headers={"Cache-Control": "no-store"})


def condition() -> dict[str, Any]:
    """How the store, the workers and the queue are.

    Returns:
        status: "ok" or "failing"; store: "writable" or "not writable"; workers: "idle" (none were wanted
        yet), "starting", "ready" or "lost", and how many there are; trainings and questions that run and
        wait; versions.
    """
    seen = jobs().overview()
    writable = store_writable()
    return {
        "status": "ok" if writable and seen.state != "lost" else "failing",
        "store": "writable" if writable else "not writable",
        "workers": {"state": seen.state, "count": len(seen.workers)},
        "trainings": {"running": seen.trainings_running, "waiting": seen.trainings_waiting},
        "questions": {"running": seen.questions_running, "waiting": seen.questions_waiting},
        "versions": seen.versions,
    }


def store_writable() -> bool:
    """Whether a run could be stored now."""
    try:
        store().check_writable()
    except InputError:
        return False
    return True
