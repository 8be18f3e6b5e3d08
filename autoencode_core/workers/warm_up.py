"""What has a worker ready before its first call: `--preload autoencode_core.workers.warm_up`."""

import logging
import threading
from typing import Any


def warm_up() -> None:
    """Import torch and what else takes long, and compile the kernel."""
    import autoencode_core.analysis
    import autoencode_core.training.records
    import autoencode_core.training.selection  # noqa: F401
    from autoencode_core.training.compiling import compile_all

    compile_all()
    import sklearn.datasets
    import sklearn.manifold
    import sklearn.neighbors  # noqa: F401


def dask_setup(worker: Any) -> None:
    """Called by Dask when the worker starts."""
    # It would print a traceback for every job that fails; the server tells of those in a sentence.
    logging.getLogger("distributed.worker").setLevel(logging.CRITICAL)
    threading.Thread(target=warm_up, name="warm-up", daemon=True).start()
