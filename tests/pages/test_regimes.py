"""The page Regimes: its views, the form of a study, studies that train, links."""

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from reading import read_scene, snapshot
from streamlit.testing.v1 import AppTest

import autoencode_core as ac
from autoencode_core.desk.study_job import StudyStatus
from autoencode_core.errors import InputError
from autoencode_core.spec import RunSpec
from autoencode_core.store.study import Plan
from pages.regimes_views import convexity, studies, training
from pages.regimes_views import plan as plan_form
from pages.shared import by_hand, job_panel, setup, study_list

ROOT = Path(__file__).parents[2]
STRIP, HYSTERESIS = "gallery.regimes", "gallery.hysteresis"


class FakeJobs:
    """Jobs that only note what is asked of it."""

    def __init__(self, status=None, shot=None):
        self.known, self.shot = status, shot
        self.plans, self.stopped = [], []

    def study(self, plan, start=None, owner=""):
        self.plans.append((plan, start))
        nothing = [None] * len(plan.settings())
        self.known = StudyStatus("begun", plan, "running", "", nothing)
        return "begun"

    def study_status(self, job_id):
        if self.known is None:
            raise InputError("job", job_id, "the id of a job of this server")
        return self.known

    def studies(self):
        return [self.known] if self.known else []

    def list(self):
        return []

    def snapshot(self, job_id):
        return self.shot

    def stop(self, job_id, owner=""):
        self.stopped.append(job_id)


@pytest.fixture
def jobs(monkeypatch):
    found = FakeJobs()
    for module in (setup, training, plan_form, study_list, job_panel, by_hand):
        monkeypatch.setattr(module, "jobs", lambda: found)
    return found


def page(view="", run=None, **link):
    at = AppTest.from_file(str(ROOT / "pages/regimes.py"), default_timeout=60)
    for name, value in {"view": view, **link}.items():
        if value:
            at.query_params[name] = value
    if run:
        at.query_params["run"] = run
    at.run()
    assert not at.exception
    return at


def link(at, name):
    """The value in the link, which comes back as it was set: alone or as a list of one."""
    value = at.query_params[name]
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def implied(at, name):
    """What is shown without anybody having chosen it: "Link to this screen" says it, the address does not."""
    assert name not in at.query_params
    return at.session_state["link_implied"][name]


def said(at):
    parts = (*at.markdown, *at.caption, *at.info, *at.warning, *at.error, *at.subheader)
    return " ".join(part.value.replace("\\=", "=") for part in parts)


def member(place, study=STRIP):
    return f"{study}.{place:03}"


def button(at, key):
    return next(each for each in at.button if each.key and each.key.startswith(key))


# ---- strip


def test_the_page_opens_on_the_strip_of_the_gallery(answers, jobs):
    at = page()
    assert implied(at, "view") == ["strip"] and implied(at, "study") == [STRIP]
    assert "all seeds agree at λ = 0" in said(at) and "several minimisers" in said(at)
    (chart,) = at.get("plotly_chart")
    assert '"customdata"' in chart.proto.spec
    (scene,) = [read_scene(part.proto.bytes) for part in at.get("bidi_component")]
    assert scene["small"] and len(scene["panes"]) == 7


def test_another_seed_shows_other_runs(answers, jobs):
    at = page()
    before = [pane["title"] for pane in read_scene(at.get("bidi_component")[0].proto.bytes)["panes"]]
    at.selectbox(key=f"strip_seed_{STRIP}").set_value("3").run()
    after = [pane["title"] for pane in read_scene(at.get("bidi_component")[0].proto.bytes)["panes"]]
    assert len(after) == 7 and after != before


def test_the_curvature_of_every_run_is_computed_when_asked_for(answers, jobs):
    store = setup.store()
    study, runs = store.study(STRIP), [store.record(run_id) for run_id in store.member_ids(STRIP)]
    few = (0, 1, 26, 27)  # the lowest λ and the highest
    outcomes = tuple(replace(study.outcomes[place], curvature=None) for place in few)
    at = page(study=store.save_study(replace(study, outcomes=outcomes), [runs[place] for place in few]))
    assert not answers.asked
    button(at, "curvatures_").click().run()
    assert [task for task, _ in answers.asked] == ["curvatures"]
    assert len(at.get("plotly_chart")) == 2
    assert "locally strongly convex" in said(at)


def test_the_form_trains_what_it_says(answers, jobs):
    at = page()
    assert button(at, "strip_train").label == "Train 28 runs"
    at.number_input(key="strip_seeds").set_value(2).run()
    at.slider(key="strip_count").set_value(5).run()
    at.number_input(key="strip_further").set_value(4).run()
    at.text_input(key="strip_name").set_value("my strip").run()
    button(at, "strip_train").click().run()
    ((plan, start),) = jobs.plans
    assert isinstance(plan, Plan) and plan.kind == "strip" and start is None
    assert plan.name == "my strip"
    assert plan.tikhonov == (0.0001, 0.00056, 0.0032, 0.018, 0.1) and plan.seeds == (0, 1)
    assert plan.spec.data_seed == 0 and plan.spec.iterations == 300
    assert plan.further == 4 and plan.trained().iterations == 1500
    assert link(at, "job") == "begun"


def test_seeds_may_draw_their_own_particles(answers, jobs):
    at = page()
    at.toggle(key="strip_shared").set_value(False).run()
    button(at, "strip_train").click().run()
    assert jobs.plans[0][0].spec.data_seed is None


def test_equal_ends_are_a_sentence(answers, jobs):
    at = page()
    at.select_slider(key="strip_span").set_value((0.01, 0.01)).run()
    assert not at.exception
    assert "span" in at.error[0].value and not any(b.key == "strip_train" for b in at.button)


# ---- studies that train


def status(**changes):
    plan = Plan(kind="strip", spec=plan_form.STUDY_SPEC, tikhonov=(0.01, 0.1), seeds=(0, 1))
    row = {"cost": 0.5, "iteration": 7, "data_term": 0.4}
    return StudyStatus(
        "abc", plan, changes.pop("state", "running"), "", [row, None, row, None], 0.3, **changes
    )


def test_a_study_that_trains_shows_its_marks_and_its_particles(answers, jobs):
    shot = snapshot(30)
    outputs = [shot["outputs"], shot["outputs"]]
    jobs.known = status()
    jobs.shot = {**shot, "outputs": outputs, "codes": outputs, "regimes": [0, 2], "iterations": [7, 7]}
    at = page(job="abc")
    assert at.get("progress")
    scene = read_scene(at.get("bidi_component")[0].proto.bytes)
    assert [pane["title"] for pane in scene["panes"]] == ["λ = 0.01", "λ = 0.1"]
    button(at, "stop_abc").click().run()
    assert jobs.stopped == ["abc"]


def test_a_study_that_has_ended_gives_way_to_what_was_stored(answers, jobs):
    jobs.known = status(state="done", study_id=STRIP)
    at = page(job="abc")
    assert link(at, "study") == STRIP and "job" not in at.query_params


def test_an_unknown_job_and_an_unknown_study_are_sentences(answers, jobs):
    assert "not known here any more" in said(page(job="nobody"))
    at = page(study="nothing")
    assert "one of the stored studies" in at.error[0].value
    assert implied(at, "study") == [STRIP]


def test_an_unknown_view_is_the_strip(answers, jobs):
    assert link(page(view="nonsense"), "view") == "strip"


# ---- clicks


@pytest.mark.parametrize(
    ("point", "place"),
    [
        ({"customdata": 3}, 3),
        ({"customdata": [4]}, 4),
        ({"customdata": 99}, None),
        ({"customdata": -1}, None),
        ({"customdata": "3"}, None),
        ({"customdata": True}, None),
        ({"customdata": float("nan")}, None),
        ({}, None),
    ],
)
def test_a_click_is_believed_only_if_it_names_a_run(point, place):
    assert studies._picked({"selection": {"points": [point]}}, 28) == place
    assert studies._picked(None, 28) is None


def test_a_mark_opens_its_run_on_the_page_flow(answers, jobs, monkeypatch):
    opened = []
    monkeypatch.setattr(studies.st, "switch_page", lambda path, **more: opened.append((path, more)))
    monkeypatch.setattr(studies, "remember_run", lambda run_id: opened.append(run_id))
    studies.open_run(STRIP, 9)
    assert opened == [member(9), ("pages/flow.py", {"query_params": {"run": member(9)}})]


# ---- continuation


def test_both_branches_are_shown_and_their_jumps_told(answers, jobs):
    at = page("continuation")
    assert link(at, "view") == "continuation" and implied(at, "study") == [HYSTERESIS]
    assert "The branches differ at" in said(at) and "up at λ" in said(at)
    assert len(at.get("plotly_chart")) == 1


def test_a_continuation_may_begin_with_a_stored_run(answers, jobs):
    at = AppTest.from_file(str(ROOT / "pages/regimes.py"), default_timeout=60)
    at.query_params["view"] = "continuation"
    at.session_state["shown_run"] = member(10)
    at.run()
    at.selectbox(key="continuation_source").set_value("run").run()
    at.toggle(key="continuation_start").set_value(True).run()
    button(at, "continuation_train").click().run()
    ((plan, start),) = jobs.plans
    assert plan.kind == "continuation" and start.spec.tikhonov == 0.0046


# ---- convexity


@cache
def convex():
    """A small run at a high λ, at whose control J is strongly convex."""
    small = {"particles": 40, "depth": 4, "horizon": 5.0, "iterations": 100, "field": "single_layer"}
    return ac.train(RunSpec(dataset="s_curve", tikhonov=0.1, dtype="float64", **small))


def test_the_certificate_of_a_run(answers, jobs):
    at = page("convexity", setup.store().save(convex()))
    values = {metric.label: metric.value for metric in at.metric}
    assert values["λ of this run"] == "0.1"
    assert "J is locally strongly convex here" in said(at)
    assert "The whole Hessian was formed" in said(at)
    assert re.search(r"Convex with L = \d+ layers and in the limit", said(at))
    assert [task for task, _ in answers.asked] == ["curvature", "curvature_depths", "flat_direction"]
    (scene,) = [read_scene(part.proto.bytes) for part in at.get("bidi_component")]
    assert scene["timeline"]["kind"] == "sequence" and scene["timeline"]["name"].startswith("s")
    button(at, "curvature_path_").click().run()
    assert answers.asked[-1][0] == "curvature_path"
    assert len(at.get("plotly_chart")) == 3
    at.select_slider(key="convexity_doublings").set_value(3).run()
    assert not at.exception and answers.asked[-1] == ("curvature_depths", {"doublings": 3})


def test_finer_layers_of_a_large_run_wait_for_a_click(answers, jobs, monkeypatch):
    monkeypatch.setattr(convexity, "_HEAVY", 0)
    at = page("convexity", setup.store().save(convex()))
    assert [task for task, _ in answers.asked] == ["curvature", "flat_direction"]
    assert "layers and in the limit" not in said(at)
    button(at, "curvature_depths_").click().run()
    assert (
        "curvature_depths",
        {"doublings": 2},
    ) in answers.asked and "layers and in the limit" in said(at)


def test_the_sentence_speaks_of_no_minimiser_where_the_gradient_is_large(answers, jobs):
    run = convex()
    moved = run.model.with_control(run.model.control.vector + 1.0)
    at = page("convexity", setup.store().save(replace(run, model=moved)))
    assert "not on a minimiser" in said(at) and "this one minimiser" not in said(at)


def test_a_run_without_its_path_says_so(without_path, jobs):
    at = page("convexity", without_path)
    assert "stored without the controls along its training" in said(at)


def test_a_certificate_that_takes_long_can_be_cancelled(answers, jobs):
    answers.hold.add("curvature")
    at = page("convexity", member(10))
    next(each for each in at.button if each.label == "Cancel").click().run()
    assert len(answers.cancelled) == 1


# ---- landscape


def test_it_opens_on_three_minimisers_of_one_weight_where_there_are_some(answers, jobs):
    at = page("landscape", member(10))
    (task, more), study = answers.asked[-1], setup.store().study("gallery.regimes")
    assert (task, more["kind"], more["others"].shape) == ("landscape_plane", "minimisers", (2, 180))
    controls = {
        i: setup.store().record(member(i)).weights["control"] for i in study.at(study.outcomes[10].tikhonov)
    }
    chosen = [next(i for i, c in controls.items() if np.array_equal(c, other)) for other in more["others"]]
    assert len({study.outcomes[i].minimiser for i in (10, *chosen)}) == 3
    scene = read_scene(at.get("bidi_component")[0].proto.bytes)
    assert scene["tikhonov"] == pytest.approx(0.0046)


def test_a_run_without_other_minimisers_opens_on_its_steepest_plane(answers, jobs):
    page("landscape", member(24))
    assert [(task, more["kind"]) for task, more in answers.asked] == [("landscape_plane", "steepest")]


def test_a_line_and_a_plane_through_other_runs_of_the_strip(answers, jobs):
    at = page("landscape", member(10))
    at.get("button_group")[1].set_value("line").run()
    assert not at.exception
    task, more = answers.asked[-1]
    assert task == "landscape_line" and len(more["other"]) == 180
    assert read_scene(at.get("bidi_component")[0].proto.bytes)["kind"] == "line"
    at.get("button_group")[1].set_value("minimisers").run()
    assert not at.exception
    assert read_scene(at.get("bidi_component")[0].proto.bytes)["kind"] == "plane"
    (plane,) = [more for task, more in answers.asked if task == "landscape_plane"]  # on which it had opened
    assert plane["others"].shape == (2, 180) and (plane["others"][0] == more["other"]).all()


def test_the_flattest_plane_takes_the_directions_of_the_certificate(answers, jobs):
    at = page("landscape", member(10))
    at.get("button_group")[1].set_value("flattest").run()
    assert not at.exception
    (first, _), (task, more) = answers.asked[-2:]
    assert (first, task) == ("curvature", "landscape_plane") and more["axes"].shape == (2, 180)


def test_a_run_that_stands_alone_has_no_line(answers, jobs):
    answers.hold.add("landscape_plane")  # which is shown first
    at = page("landscape", "gallery-trefoil")
    at.get("button_group")[1].set_value("line").run()
    assert "too few runs" in said(at)


# ---- compare


def test_two_runs_that_differ_in_one_knob_alone(answers, jobs):
    at = page("compare", [member(10), member(26)])
    table, _ = at.dataframe
    assert list(table.value["Knob"]) == ["Tikhonov weight λ"]
    assert not [warning for warning in at.warning if "knob" in warning.value]
    assert "Only one knob differs, Tikhonov weight λ" in at.success[0].value
    figures = at.dataframe[1].value.set_index("Figure")
    assert all(" = " in cell and " + " in cell for cell in figures.loc["Cost J"])
    assert any("one seed" in caption.value for caption in at.caption)
    at.toggle(key="compare_only").set_value(False).run()
    assert len(at.dataframe[0].value) > 20
    assert len(at.get("bidi_component")) == 3  # two players and their transport


def test_more_than_one_difference_is_warned_of(answers, jobs):
    at = page("compare", [member(10), "gallery-s_curve"])
    assert any("More than one knob differs" in warning.value for warning in at.warning)


def with_summary(place, **changes):
    """A stored run of the strip with other figures, None where they are to be missing."""
    record = setup.store().record(member(place))
    summary = {k: v for k, v in {**record.summary, **changes}.items() if v is not None}
    return setup.store().save(replace(record, summary=summary))


def store_share(run_id):
    """Test error over the variance of the test particles, in per cent with two digits."""
    summary = setup.store().record(run_id).summary
    return f"{100 * summary['test_error'] / summary['test_variance']:.2g} %"


def test_the_ode_difference_is_among_the_figures(answers, jobs):
    known = with_summary(26, ode_difference=0.004, ode_test_error=0.33)
    gone = with_summary(10, ode_difference=0.45, ode_test_error=2.5)
    old = with_summary(14, ode_difference=None, ode_test_error=None)
    at = page("compare", [known, gone, old])
    figures = at.dataframe[1].value.set_index("Figure")
    assert figures.loc["ODE difference"].tolist() == ["0.4 %", "45 %", "not known"]
    assert figures.loc["Test error of its exact flow"].tolist() == [
        "0.33 data units²",
        "2.5 data units²",
        "not known",
    ]
    share = store_share(gone)
    assert figures.loc["Unexplained, test"].iloc[1] == share and share.endswith(" %")
    assert figures.loc["Unexplained by PCA, test"].iloc[0].endswith(" %")
    (warned,) = [warning.value for warning in at.warning if "left its ODE" in warning.value]
    assert "45 %" in warned and r"has a test error of 2\.5" in warned


def test_a_picture_between_runs_of_other_sub_steps_says_so(answers, jobs):
    with_summary(14, substeps=1.0)
    at = page("landscape", with_summary(10, substeps=4.0))
    assert "a layer; a run with" not in said(at)
    at.get("button_group")[1].set_value("line").run()
    assert not at.exception
    assert "4 a layer; a run with 1 reached another J" in said(at)


def test_a_warm_start_is_told(answers, jobs):
    at = page("compare", [member(18, HYSTERESIS), member(19, HYSTERESIS)])
    assert "Start" in list(at.dataframe[0].value["Knob"])
    assert any("continuation" in warning.value for warning in at.warning)


def test_the_page_opens_with_two_runs_of_one_seed(answers, jobs):
    at = page("compare")
    first, second = (setup.store().record(run_id).spec for run_id in implied(at, "run"))
    assert first.seed == second.seed and first.tikhonov < second.tikhonov


# ---- odd studies


@pytest.mark.parametrize("change", ["diverged", "one"])
def test_odd_studies_are_shown(answers, jobs, change):
    store = setup.store()
    study, runs = store.study(STRIP), [store.record(run_id) for run_id in store.member_ids(STRIP)]
    if change == "one":
        study, runs = replace(study, outcomes=study.outcomes[:1]), runs[:1]
    else:
        bad = replace(study.outcomes[0], status="diverged", cost=float("nan"), minimiser=None)
        study = replace(study, outcomes=(bad, *study.outcomes[1:]))
        runs[0] = replace(runs[0], status="diverged")
    study_id = store.save_study(study, runs)
    at = page(study=study_id)
    assert at.get("plotly_chart") and not at.error


def test_two_studies_of_one_label_are_told_apart(answers, jobs):
    store = setup.store()
    study, runs = store.study(STRIP), [store.record(run_id) for run_id in store.member_ids(STRIP)]
    plain = replace(study, name="", created="", outcomes=study.outcomes[:1])
    ids = [store.save_study(plain, runs[:1]) for _ in range(2)]
    for study_id in ids:
        at = page(study=study_id)
        at.toggle(key="studies_stacked").set_value(True).run()  # anything that draws the page again
        assert link(at, "study") == study_id and at.selectbox(key="strip_study").value == study_id
    names = study_list.study_names({entry.study_id: entry for entry in store.studies()})
    assert len(set(names.values())) == len(names)


def test_the_curvature_of_an_own_study_is_kept(answers, jobs):
    store = setup.store()
    study, runs = store.study(STRIP), [store.record(run_id) for run_id in store.member_ids(STRIP)]
    study_id = store.save_study(replace(study, outcomes=study.outcomes[:2]), runs[:2])
    button(page(study=study_id), "curvatures_").click().run()
    assert all(outcome.curvature is not None for outcome in store.study(study_id).outcomes)


def test_a_name_is_shown_as_it_is(answers, jobs):
    store = setup.store()
    study, runs = store.study(STRIP), [store.record(run_id) for run_id in store.member_ids(STRIP)]
    name = "<b>x</b> [a](http://b)"
    study_id = store.save_study(replace(study, outcomes=study.outcomes[:1]).renamed(name), runs[:1])
    at = page(study=study_id)
    assert at.subheader[0].value == setup.escape(name)


def test_the_table_names_what_can_be_done(answers, jobs, monkeypatch):
    shown = {"selection": {"rows": [0, 27]}}
    monkeypatch.setattr(studies.st, "dataframe", lambda *_, **__: shown)
    at = page()
    labels = [each.label for each in at.button]
    assert {"Open in Flow", "Compare", "Convexity", "Landscape"} <= set(labels)
    button(at, "table_compare").click().run()
    assert link(at, "view") == "compare"
    assert at.query_params["run"] == [member(0), member(27)]
