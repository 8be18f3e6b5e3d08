"""What keeps processes from outliving the server, even one that was killed with no time to say goodbye.

A preload of Dask: `--preload autoencode_core.workers.parent_process` with the server's process id in PARENT.
"""

import os
import signal
import threading
import time
from typing import Any

PARENT = "AUTOENCODE_SERVER_PID"
"""Environment variable that holds the process id of the server, which is the parent."""
POLL_SECONDS = 0.5
"""Time between two looks at the parent."""
GRACE_SECONDS = 1.5
"""Time that a process has to close in order before it ends at once."""


def dask_setup(server: Any) -> None:
    """Have this scheduler or nanny end when its parent has gone; a nanny takes its worker along.

    It gets a process group of its own: Ctrl-C in the server's terminal is the server's to handle, which then
    closes its workers in order.
    """
    os.setpgid(0, 0)
    if type(server).__name__ == "Scheduler":
        # Its stderr is a pipe that SubprocessCluster never reads: once full, it would block the scheduler.
        os.dup2(1, 2)
    threading.Thread(target=_watch, args=(int(os.environ[PARENT]),), name="watch-parent", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(POLL_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os._exit(1)
