"""Strips that are computed apart."""

from dataclasses import replace

import pytest

from autoencode_core.errors import InputError
from autoencode_core.spec import RunSpec
from autoencode_core.store.study import Plan
from autoencode_core.store.study_file import pack_study, unpack_study
from autoencode_core.store.study_parts import join_study, places_of, study_parts

SPEC = RunSpec(dataset="s_curve", depth=4, particles=20, iterations=300)
PLAN = Plan(kind="strip", spec=SPEC, tikhonov=(0.001, 0.01, 0.1, 1.0, 10.0), seeds=(0, 1), name="five")


@pytest.mark.parametrize("most", [1, 2, 3, 5, 9])
def test_parts_are_the_whole_and_about_equal(most):
    parts = study_parts(PLAN, most)
    places = [place for part in parts for place in places_of(part, PLAN)]
    assert sorted(places) == list(range(10))
    assert [at for part in parts for at in part.settings()] == [PLAN.settings()[place] for place in places]
    sizes = [len(part.tikhonov) for part in parts]
    assert len(parts) == min(most, 5) and max(sizes) - min(sizes) <= 1
    assert all(part.trained() == PLAN.trained() and part.name == "five" for part in parts)


def test_what_cannot_be_cut_stays_whole():
    along = Plan(kind="continuation", spec=SPEC, tikhonov=(0.01, 0.1), seeds=(0,))
    one = Plan(kind="strip", spec=SPEC, tikhonov=(0.01,), seeds=(0, 1, 2))
    assert (
        study_parts(along, 2) == [along] and study_parts(one, 4) == [one] and study_parts(PLAN, 0) == [PLAN]
    )


def test_parts_become_the_file_of_the_whole(make_study):
    whole, records = make_study(PLAN)
    parts = [pack_study(*make_study(part)) for part in study_parts(PLAN, 2)]
    study, found = unpack_study(join_study(PLAN, parts))
    assert [(o.tikhonov, o.seed) for o in study.outcomes] == [(o.tikhonov, o.seed) for o in whole.outcomes]
    assert (study.spec, study.name, study.kind) == (whole.spec, whole.name, "strip")
    assert [record.spec for record in found] == [record.spec for record in records]


def test_a_part_that_was_stopped_leaves_a_gap(make_study):
    first, second = study_parts(PLAN, 2)
    study, records = make_study(first)
    cut = pack_study(replace(study, outcomes=study.outcomes[:2]), records[:2])
    joined = unpack_study(join_study(PLAN, [cut, pack_study(*make_study(second))]))[0]
    assert {o.tikhonov for o in joined.outcomes} == {0.001, 0.01, 1.0}


def test_parts_of_another_study_are_refused(make_study):
    other = Plan(kind="strip", spec=SPEC.but(depth=6), tikhonov=(1.0,), seeds=(0,))
    with pytest.raises(InputError, match="another study"):
        join_study(PLAN, [pack_study(*make_study(other))])
    with pytest.raises(InputError):
        join_study(PLAN, [b"none"])
