"""What runs on a Dask worker for a study.

Nothing here imports torch before a function is called, so the server can import this module.
"""

from collections.abc import Sequence

from autoencode_core.export.study import study_bytes
from autoencode_core.store.run_file import unpack
from autoencode_core.store.study import Plan
from autoencode_core.workers.files import DataFile, at_hand
from autoencode_core.workers.reporting import reported
from autoencode_core.workers.study_reporter import StudyReporter
from autoencode_core.workers.study_split import Helpers, split
from autoencode_core.workers.training import going_on


def study_job(
    plan_json: str,
    start: bytes,
    token: str,
    files: Sequence[DataFile] = (),
    helpers: Helpers | None = None,
) -> bytes:
    """Compute a study and return it as the bytes of its file; it goes on from where an earlier start was.

    Args:
        plan_json: Plan as JSON.
        start: the run that a continuation begins with, as the bytes of its file, b"" for none.
        token: name under which progress is sent and a stop may be asked for.
        files: of the server, which its data are read from.
        helpers: workers that may compute parts of a strip meanwhile, None for none.

    Raises:
        FilesLacking: a file is not known here yet.
        InputError: the plan, its data or its device cannot be used here.
        ComputationFailed: anything else went wrong.
    """

    def part(plan: Plan, reporter: StudyReporter) -> bytes:
        # Lazy, so that the server imports this module without torch.
        from autoencode_core.training.records import run_of
        from autoencode_core.training.study import make_study

        first = run_of(unpack(start, "start")) if start else None
        made = going_on(lambda resume: make_study(plan, reporter, first, resume), reporter.first_checkpoint())
        return study_bytes(*made)

    def compute(reporter: StudyReporter) -> bytes:
        if helpers is None:
            return part(plan, reporter)
        return split(plan, helpers, reporter, files, part)

    with at_hand(files):
        plan = Plan.model_validate_json(plan_json)
        return reported(StudyReporter(token, plan), compute, "The training")
