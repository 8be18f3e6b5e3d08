"""Pictures of a continuation: both branches, their jumps, and where they stand at different minimisers."""

from dataclasses import replace

import numpy as np
from figures.studies import continuation, marks, waiting, written

from autoencode_core.figures.regimes.continuation import (
    continuation_figure,
    continuation_words,
    differs,
    metastable,
)


def test_both_branches_differ_by_mark_and_dash_and_the_jump_is_dotted() -> None:
    study = continuation()
    figure = continuation_figure(study)
    shown = marks(figure)
    assert sorted(shown) == list(range(12))
    assert {shown[i][2] for i in range(6)} == {("triangle-down",) * 6}
    assert {shown[i][2] for i in range(6, 12)} == {("triangle-up",) * 6}
    dotted = [t for t in figure.data if t.line.dash == "dot" and t.xaxis == "x"]
    assert len(dotted) == 1
    np.testing.assert_allclose([v for v in dotted[0].x if v], [0.025, 0.03])
    assert "jump" in written(figure)


def test_hysteresis_is_where_the_branches_stand_at_different_minimisers() -> None:
    study = continuation()
    assert [weight for weight in study.weights if differs(study, weight)] == [0.001, 0.01, 0.02, 0.025]
    figure = continuation_figure(study)
    assert {"hysteresis", "agree"} <= {note.replace("<br>", " ") for note in written(figure)}
    assert "up at λ = 0.03" in continuation_words(study)
    assert metastable(study) == [0.025] and "metastable" in written(figure)
    assert "At λ = 0.025 the upward branch is metastable" in continuation_words(study)
    half = replace(study, outcomes=study.outcomes[:6])
    assert differs(half, 0.01) is None
    assert "hysteresis" not in written(continuation_figure(half))


def test_steps_that_have_not_converged_are_hollow_and_neither_jump_nor_are_metastable() -> None:
    study = continuation()
    up = {o.tikhonov: i for i, o in enumerate(study.outcomes) if o.branch == "up"}
    whole = continuation_figure(study)
    assert not any("not converged" in note for note in written(whole))
    for weight in (0.025, 0.03):  # the step before the jump, and that after it
        half = waiting(study, {up[weight]: "finished"})
        figure = continuation_figure(half)
        symbols = next(t.marker.symbol for t in figure.data if t.name == "up" and t.xaxis == "x")
        assert [s.endswith("-open") for s in symbols] == [w == weight for w in up]
        assert any("△" in note and "not converged: not counted" in note for note in written(figure))
        assert "jump" not in written(figure) and "Jumps" not in continuation_words(half)
        assert metastable(half) == ([] if weight == 0.025 else [0.025])
        said = f"Whether the branches differ at λ = {weight:g} is not known"
        assert said in continuation_words(half) and differs(half, weight) is None
    nothing = waiting(study, dict.fromkeys(range(12), "finished"))
    assert "do not differ" not in continuation_words(nothing) and metastable(nothing) == []
    assert "hysteresis" not in written(continuation_figure(nothing))


def test_neighbouring_jumps_share_a_word_and_far_ones_do_not() -> None:
    study = continuation()
    for weights, words in (((0.02, 0.025, 0.03), ["jumps"]), ((0.001, 0.03), ["jump", "jump"])):
        outcomes = tuple(replace(o, jump=o.branch == "up" and o.tikhonov in weights) for o in study.outcomes)
        figure = continuation_figure(replace(study, outcomes=outcomes))
        assert [note for note in written(figure) if note.startswith("jump")] == words
