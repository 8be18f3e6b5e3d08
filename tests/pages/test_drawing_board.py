"""A data set that is drawn or typed on the Playground; the browser's words are not believed."""

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from autoencode_core.data.table import read_table
from autoencode_core.store.run_store import RunStore
from pages.shared import drawing_board, own_table, setup
from pages.shared.first_picture import FIRST_PICTURE

PAGE = "import pages.playground; pages.playground.render()"
CURVE = [[round(0.1 * i - 1, 2), round((0.1 * i - 1) ** 2, 4), i % 2] for i in range(20)]


class Jobs:
    """Jobs that train nothing."""

    def __init__(self):
        self.asked = []

    def list(self):
        return []

    def train(self, spec, owner=""):
        self.asked.append(spec)
        return "job1"


@pytest.fixture(autouse=True)
def jobs(tmp_path, monkeypatch):
    found = Jobs()
    monkeypatch.setenv("AUTOENCODE_RUNS", str(tmp_path))
    for module in ("shared.setup", "playground", "shared.job_panel", "shared.by_hand"):
        monkeypatch.setattr(f"pages.{module}.jobs", lambda: found)
    setup.store.clear()
    yield found
    setup.store.clear()


@pytest.fixture
def browser(monkeypatch):
    """What the board says once; a list that is emptied as it is said."""
    said = []
    usual = drawing_board.served

    def served(name):
        board = usual(name)
        return lambda **settings: {**board(**settings), "taken": said.pop() if said else None}

    monkeypatch.setattr(drawing_board, "served", served)
    return said


def opened() -> AppTest:
    at = AppTest.from_string(PAGE, default_timeout=30)
    at.session_state[FIRST_PICTURE.name] = True
    at.run()
    at.selectbox(key="knob_dataset").select("draw").run()
    assert not at.exception
    return at


def train_button(at: AppTest):
    return next(button for button in at.button if button.label == "Train")


def test_the_board_stands_in_the_place_of_the_run():
    at = opened()
    [board] = at.get("bidi_component")
    told = json.loads(board.proto.json)
    assert told["classes"] == ["A", "B"] and (told["extent"], told["fewest"], told["most"]) == (2, 10, 5000)
    for name in ("light", "dark"):
        (first, mark), (second, other) = told["theme"][name]["classes"]
        assert first != second and (mark, other) == ("circle", "square")
    assert train_button(at).disabled and not at.error
    assert not any("marked red" in caption.value for caption in at.caption)


def test_a_drawing_is_kept_and_chosen(browser, tmp_path, jobs):
    at = opened()
    browser.append({"points": CURVE})
    at.run()
    assert not at.exception and not at.error
    [path] = own_table.uploaded()
    table = read_table(path)
    assert table.columns == ("x", "y") and table.values.tolist() == [point[:2] for point in CURVE]
    assert table.labels.tolist() == [point[2] for point in CURVE]
    assert "my\\-drawing\\.csv" in at.success[0].value
    assert at.selectbox(key="knob_dataset").value == path and len(at.get("plotly_chart")) == 3
    train_button(at).click().run()
    [spec] = jobs.asked
    assert (spec.dataset, spec.coordinates, spec.bottleneck, spec.particles) == (path, "principal", 1, 16)
    assert not at.success


def test_the_next_one_has_another_name(browser):
    for number in range(3):
        at = opened()
        browser.append({"points": [[x, y, number % 2] for x, y, _ in CURVE[number:]]})
        at.run()
    names = [Path(path).name[13:] for path in own_table.uploaded()]
    assert names == ["my-drawing-2.csv", "my-drawing-3.csv", "my-drawing.csv"]


@pytest.mark.parametrize(
    "said",
    [
        {"points": CURVE[:3]},
        {"points": [*CURVE, [0, 5, 0]]},
        {"points": [*CURVE, ["<b>", 0, 0]]},
        {"points": "all"},
        {},
    ],
)
def test_what_the_browser_says_is_checked(browser, said):
    at = opened()
    browser.append(said)
    at.run()
    assert not at.exception and len(at.error) == 1 and not own_table.uploaded()
    assert at.selectbox(key="knob_dataset").value == "draw"
    at.run()
    assert not at.error  # said once


@pytest.mark.parametrize("said", ["all", [1, 2], 7])
def test_words_that_mean_nothing_do_nothing(browser, said):
    at = opened()
    browser.append(said)
    at.run()
    assert not at.exception and not at.error and not own_table.uploaded()


def use_typed(at: AppTest, text: str) -> AppTest:
    at.text_area(key="drawing_typed").set_value(text)
    next(button for button in at.button if button.label == "Use these points").click().run()
    assert not at.exception
    return at


def test_points_can_be_typed():
    at = use_typed(opened(), "\n".join(f"{x} {y} {'AB'[kind]}" for x, y, kind in CURVE))
    [path] = own_table.uploaded()
    assert read_table(path).label_names == ("A", "B") and read_table(path).values.shape == (20, 2)
    assert at.selectbox(key="knob_dataset").value == path


def test_a_line_that_is_no_point_is_named_and_stays():
    at = use_typed(opened(), "0 0\n1 two")
    assert "line 2" in at.error[0].value and not own_table.uploaded()
    assert at.text_area(key="drawing_typed").value == "0 0\n1 two"
    at = use_typed(at, "0 0\n1 1")
    assert "is 2. Allowed is 10 to 5,000" in at.error[0].value


def test_a_folder_that_cannot_be_written_is_a_sentence(browser, monkeypatch):
    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(own_table, "keep", refuse)
    at = opened()
    browser.append({"points": CURVE})
    at.run()
    assert "can be written" in at.error[0].value and not at.exception


def test_a_drawing_trains_for_real(tmp_path):
    import autoencode_core as ac

    path = own_table.keep(drawing_board.drawing_csv(CURVE), "my-drawing.csv")
    run = ac.train(ac.RunSpec(dataset=path, iterations=5))
    assert RunStore(tmp_path / "kept").save(run) and run.label_names == ("A", "B")
