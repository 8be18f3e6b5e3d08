"""What differs between specs, and when a difference cannot be put down to one knob."""

from dataclasses import replace

import pytest

from autoencode_core.compare import (
    conclusion,
    differences,
    ending,
    last_row,
    one_landscape,
    seeds_words,
    substeps_words,
    unfinished,
    warnings,
)
from autoencode_core.home import GALLERY
from autoencode_core.regime import regime
from autoencode_core.spec import RunSpec
from autoencode_core.store.run_store import RunStore

SPEC = RunSpec(dataset="s_curve", tikhonov=1e-3, depth=12)


def test_every_knob_is_listed_once_and_those_that_differ_are_marked():
    rows = differences([SPEC, SPEC.but(tikhonov=0.1), SPEC.but(profile=(3,) * 5 + (2,), depth=12)])
    assert [row.name for row in rows] == list(RunSpec.model_fields)
    known = {row.name: row for row in rows}
    assert known["tikhonov"].values == ("0.001", "0.1", "0.001") and known["tikhonov"].symbol == "λ"
    assert known["profile"].differs and known["profile"].values[2] == "3, 3, 3, 3, 3, 2"
    assert known["dataset"].values[0] == "S-curve" and not known["dataset"].differs
    assert known["data_seed"].values[0] == "as the seed"


def test_a_run_that_was_changed_by_hand_is_told_apart():
    changed = SPEC.but(changes="40:tikhonov=0.1 90:step=0.5")
    (row,) = [row for row in differences([SPEC, changed]) if row.differs]
    assert row.values == ("none", "λ = 0.1 after 40; τ = 0.5 after 90")
    (said,) = warnings([SPEC, changed])
    assert "changed by hand" in said
    assert "λ = 0.001 → 0.1, changed by hand" in regime(changed) and "hand" not in regime(SPEC)


def test_a_tolerance_is_in_per_cent_or_off():
    (row,) = [row for row in differences([SPEC, SPEC.but(fidelity=None)]) if row.differs]
    assert row.name == "fidelity" and row.values == ("2 %", "off")
    (said,) = warnings([SPEC, SPEC.but(fidelity=None, scheme="euler")])
    assert "Scheme" in said and "Fidelity" in said


def test_one_knob_alone_is_a_controlled_comparison():
    assert warnings([SPEC]) == []
    assert warnings([SPEC, SPEC.but(tikhonov=0.1)]) == []
    assert warnings([SPEC, SPEC.but(tikhonov=0.1, device="cpu")]) == []


def test_a_controlled_comparison_has_a_conclusion():
    other = SPEC.but(tikhonov=0.1)
    said = conclusion([SPEC, other])
    assert "Tikhonov weight λ: 0.001 and 0.1" in said and "one start (seed 0)" in said
    assert "not J" in said and "J" not in conclusion([SPEC, SPEC.but(horizon=2)])
    for specs in ([SPEC], [SPEC, SPEC], [SPEC, other.but(depth=8)], [SPEC, SPEC.but(seed=1)]):
        assert conclusion(specs) == ""
    assert conclusion([SPEC, other], [None, 0.01]) == ""


def test_runs_that_hit_their_limit_are_named(tmp_path):
    record = RunStore(tmp_path, gallery=GALLERY).record("gallery-circle")
    ran = f"{record.history['iteration'][-1]:,.0f} iterations"
    done, cut = replace(record, status="converged"), replace(record, status="finished")
    (said,) = unfinished([done, cut], ["a", "b"])
    assert said.startswith(f"b hit its limit of {ran} before it converged")
    assert ending(done) == f"converged, {ran}"
    row = last_row(record)
    assert row["cost"] == pytest.approx(row["data_term"] + record.spec.weight * row["square"], rel=1e-5)


def test_seeds_are_counted():
    assert seeds_words([SPEC, SPEC]) == "one seed, 0"
    assert seeds_words([SPEC, SPEC.but(seed=3)]) == "2 seeds, 0 and 3"


def test_more_than_one_knob_is_named():
    (said,) = warnings([SPEC, SPEC.but(tikhonov=0.1, depth=8)])
    assert "Tikhonov weight λ" in said and "Depth L" in said and "any of" in said


def test_another_method_brings_its_own_first_step_and_that_counts():
    (said,) = warnings([SPEC, SPEC.but(method="adam")])
    assert "Method" in said and "First step" in said


def test_another_seed_is_another_start_and_other_particles():
    said = " ".join(warnings([SPEC, SPEC.but(seed=1)]))
    assert "began at different controls" in said and "same particles" in said
    fixed = SPEC.but(data_seed=0)
    said = " ".join(warnings([fixed, fixed.but(seed=1, tikhonov=0.1)]))
    assert "chance" in said and "same particles" not in said


def test_the_same_particles_under_another_name_of_the_seed():
    assert not any("particles" in said for said in warnings([SPEC, SPEC.but(data_seed=0)]))


def test_equal_specs_show_the_same():
    assert "same knobs" in warnings([SPEC, SPEC])[0]


def test_runs_share_a_landscape_whatever_their_weight_start_and_method():
    fixed = SPEC.but(data_seed=3)
    assert one_landscape(fixed, fixed.but(tikhonov=1.0, seed=5, method="adam", iterations=7))
    for change in ({"depth": 8}, {"data_seed": 4}, {"activation": "relu"}, {"noise": 0.1}, {"particles": 9}):
        assert not one_landscape(fixed, fixed.but(**change))
    one = SPEC.but(field="single_layer")
    assert one_landscape(one, one.but(expansion=2))
    assert not one_landscape(one.but(field="two_layer"), one.but(field="two_layer", expansion=2))


def test_a_warm_start_is_a_difference_of_its_own():
    specs = [RunSpec(), RunSpec()]
    (said,) = warnings(specs, [None, 0.01])
    assert "continuation" in said
    (said,) = warnings(specs, [None, None])
    assert "same knobs" in said


def test_runs_with_other_sub_steps_are_told_of():
    assert substeps_words(2, [2, 2]) == substeps_words(1, []) == ""
    said = substeps_words(1, [4, 1, 2])
    assert "1 a layer" in said and "a run with 2 or 4 reached another J" in said
