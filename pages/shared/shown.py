"""What a visitor looks at: runs, job and study in the link, and the run and job looked at last.

The one owner of these keys of link and session.
"""

from pages.shared.session import LinkKey, SessionKey

RUN = LinkKey("run")
"""Ids of the runs on the page."""
JOB = LinkKey("job")
"""Id of the job that is watched."""
STUDY = LinkKey("study")
"""Id of the study on the page."""
LESSON = LinkKey("lesson")
"""Name of the lesson that is read."""
_LAST_RUN = SessionKey("shown_run", str)
_LAST_JOB = SessionKey("shown_job", str)


def last_run() -> str:
    """Id of the run that this visitor looked at last, "" when none."""
    return _LAST_RUN.get() or ""


def last_job() -> str:
    """Id of the job that this visitor watches, "" when none."""
    return _LAST_JOB.get() or ""


def remember_run(run_id: str) -> None:
    """Remembers a run as the one that this visitor looked at last."""
    _LAST_RUN.set(run_id)


def follow_link() -> None:
    """What the link names is looked at from now on; a link with neither job nor run changes nothing."""
    if JOB.there() or RUN.there():
        _LAST_JOB.set(JOB.get())
        _LAST_RUN.set(RUN.get())


def look_at_job(job_id: str) -> None:
    """Puts a job into link and session, in the place of the job or run there."""
    _look_at_nothing()
    _LAST_JOB.set(job_id)
    JOB.set(job_id)


def look_at_run(run_id: str) -> None:
    """Puts a run into link and session, in the place of the job or run there."""
    _look_at_nothing()
    _LAST_RUN.set(run_id)
    RUN.set(run_id)


def forget_job() -> None:
    """Takes the job out of link and session."""
    _LAST_JOB.drop()
    JOB.drop()


def _look_at_nothing() -> None:
    forget_job()
    _LAST_RUN.drop()
    RUN.drop()
