"""What any page is told of a run arrives in the shape that its questions declare."""

import pytest
from questions.check_answer import check_answer, questions
from untrained import untrained

from autoencode_core import analysis
from autoencode_core.export import still
from autoencode_core.export.run import export
from autoencode_core.questions import run as page
from autoencode_core.report import silent
from autoencode_core.spec import RunSpec
from autoencode_core.training.loop import train_regimes
from autoencode_core.training.records import record_of

TRIED = {"COLUMN_ERRORS", "EXPORT", "FIGURE"}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_errors_of_columns_have_their_type(dtype: str) -> None:
    check_answer(page, "COLUMN_ERRORS", analysis.column_errors(untrained(0.5, dtype=dtype)))


@pytest.mark.parametrize("form", ["csv", "run"])
def test_a_file_has_its_type(form: str) -> None:
    run = train_regimes([RunSpec(dataset="moons", particles=20, depth=4, iterations=2)])[0]
    check_answer(page, "EXPORT", export(record_of(run), silent, format=form))


def test_a_figure_as_a_file_has_its_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(still, "still", lambda *_, **__: b"%PDF")  # drawn in tests/export, by a browser
    made = still.figure_file(silent, figure='{"data": []}', kind="pdf", dark=False, name="a figure")
    check_answer(page, "FIGURE", made)


def test_every_question_is_tried() -> None:
    assert set(questions(page)) == TRIED
