"""How far several runs have come."""

from autoencode_core.desk.study_progress import StudyProgress


def test_runs_side_by_side():
    headway = StudyProgress(2, 10)
    assert headway.share() == 0
    headway.tell(0, 4)
    assert headway.share() == 0.2
    headway.tell(1, 6)
    headway.beat()
    assert headway.share() == 0.5


def test_runs_one_after_the_other_end_early():
    headway = StudyProgress(4, 100)
    for place, last in enumerate((10, 50, 100)):
        for iteration in range(last + 1):
            headway.tell(place, iteration)
            headway.beat()
    assert headway.share() == 0.75


def test_more_iterations_than_said_are_no_more_than_all():
    headway = StudyProgress(1, 10)
    headway.tell(0, 12)
    assert headway.share() == 1
