"""How far several runs have come."""

from autoencode_core.desk.study_progress import StudyProgress


def test_runs_side_by_side():
    study_progress = StudyProgress(2, 10)
    assert study_progress.share() == 0
    study_progress.reached(0, 4)
    assert study_progress.share() == 0.2
    study_progress.reached(1, 6)
    study_progress.round_over()
    assert study_progress.share() == 0.5


def test_runs_one_after_the_other_end_early():
    study_progress = StudyProgress(4, 100)
    for place, last in enumerate((10, 50, 100)):
        for iteration in range(last + 1):
            study_progress.reached(place, iteration)
            study_progress.round_over()
    assert study_progress.share() == 0.75


def test_more_iterations_than_said_are_no_more_than_all():
    study_progress = StudyProgress(1, 10)
    study_progress.reached(0, 12)
    assert study_progress.share() == 1
