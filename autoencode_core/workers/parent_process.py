"""What keeps processes from outliving the server, even one that was killed with no time to say goodbye.

A preload of Dask: `--preload autoencode_core.workers.parent_process` with the server's process id in PARENT.
"""

import os
import signal
import threading
import time
from contextlib import suppress
from typing import Any

PARENT = "AUTOENCODE_SERVER_PID"
"""Environment variable that holds the process id of the server, which is the parent."""
POLL_SECONDS = 0.5
"""Time between two looks at the parent."""
GRACE_SECONDS = 1.5
"""Time that a process has to close in order before it ends at once."""
NICE = "AUTOENCODE_NICE"
"""Environment variable: by how much workers give way to the server, so that pages stay quick (0 to 19)."""
NICENESS = 10
"""By how much where it is not set."""


def dask_setup(server: Any) -> None:
    """Have this scheduler or nanny end when its parent has gone; a nanny takes its worker along.

    The scheduler serves no HTTP; a nanny, and with it its worker, gives way to the server.
    """
    if type(server).__name__ == "Scheduler":
        serve_no_http(server)
    else:
        with suppress(OSError, ValueError):
            os.nice(int(os.environ.get(NICE, NICENESS)))
    threading.Thread(target=_watch, args=(int(os.environ[PARENT]),), name="watch-parent", daemon=True).start()


def serve_no_http(server: Any) -> None:
    """Close the port on which a scheduler or worker serves HTTP whether or not there is a dashboard."""
    http = getattr(server, "http_server", None)
    if http is not None:
        http.stop()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(POLL_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os._exit(1)
