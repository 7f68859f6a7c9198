"""Several runs side by side: names, order, what was asked otherwise, and what the page may and may not claim."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from linnet.records.comparisons import Comparison, Comparisons
from linnet.records.experiment import Experiment
from linnet.records.run import Run
from linnet.reports.comparing import compose_runs, name_runs, verdict
from linnet.reports.page import write_runs


def pair(first, second, *, p):
    return Comparison(
        first=first, second=second, n_only_first=30, n_only_second=12, difference=0.06, low=0.01, high=0.11, p_value=p
    )


def comparisons(*pairs):
    return {"5b" * 32: Comparisons(n=300, confidence=0.95, n_draws=1000, pairs=pairs)}


@pytest.fixture
def runs(new_run):
    return [new_run(), new_run(rungs=("majority", "knn"))]


def test_runs_are_named_by_as_many_folders_as_tell_them_apart(tmp_path):
    for name in ("a/run", "b/run", "other"):
        (tmp_path / name).mkdir(parents=True)
    assert name_runs([Run(tmp_path / "a/run"), Run(tmp_path / "other")]) == ("run", "other")
    assert name_runs([Run(tmp_path / "a/run"), Run(tmp_path / "b/run")]) == ("a/run", "b/run")


def test_the_same_run_twice_is_numbered(tmp_path):
    assert name_runs([Run(tmp_path), Run(tmp_path)]) == (f"{tmp_path.name} (1)", f"{tmp_path.name} (2)")


def test_all_rungs_stand_in_one_table_the_most_accurate_first(runs):
    rows = compose_runs(runs, {}).rows
    assert len(rows) == 6
    accuracies = [found.row.accuracy for found in rows]
    assert accuracies == sorted(accuracies, reverse=True)
    assert {found.run.number for found in rows} == {1, 2}


def test_only_what_was_asked_otherwise_is_listed(runs):
    found = {difference.name: difference.values for difference in compose_runs(runs, {}).differences}
    assert set(found) == {"rungs"}
    assert found["rungs"][1] == "majority, knn, linear-svm"


def differences(*runs):
    return {difference.name: difference.values for difference in compose_runs(runs, {}).differences}


def given(run, **settings):
    """Give a run settings of knn, as if they had been asked for."""
    path = run.folder / "experiment.toml"
    asked = Experiment.read(path)
    replace(asked, settings={**asked.settings, "knn": settings}).write(path)
    return run


def test_what_one_run_was_given_another_one_has_chosen(new_run):
    one, other = given(new_run(), k=1), new_run()
    selection = other.selection("knn")
    chosen = selection.candidates[selection.chosen]["k"]
    assert differences(one, other)["knn.k"] == ("1", f"chosen: {chosen}")
    (other.rung_folder("knn") / "selection.csv").unlink()
    assert differences(one, other)["knn.k"] == ("1", "not given: 1")  # as its row in the leaderboard has it
    for name in ("leaderboard.json", "leaderboard.csv"):
        (other.folder / name).unlink()
    assert differences(one, other)["knn.k"] == ("1", "not given")


def test_a_run_without_the_rung_has_none_of_its_settings(new_run):
    one, other = given(new_run(), k=1), new_run(rungs=("majority", "softmax-regression"))
    assert differences(one, other)["knn.k"] == ("1", "–")


def test_a_machine_that_was_not_written_down_is_no_default(new_run):
    one, other = new_run(), new_run()
    path = other.folder / "experiment.toml"
    machine = dict(Experiment.read(path).machine)
    machine.pop("threads")
    replace(Experiment.read(path), machine=machine).write(path)
    assert differences(one, other) == {"machine.threads": ("2", "–")}


def test_what_differs_is_listed_with_a_dash_where_there_is_no_such_rung(runs):
    path = runs[1].folder / "experiment.toml"
    path.write_text(path.read_text().replace("seed = 7", "seed = 8").replace("weight_decay = 0.0001", ""))
    assert Experiment.read(path).seed == 8
    found = {difference.name: difference.values for difference in compose_runs(runs, {}).differences}
    assert found["seed"] == ("7", "8")
    assert found["two-layer.weight_decay"] == ("0.0001", "–")  # it has no such rung


def test_the_columns_are_explained_below_their_table(runs, tmp_path):
    text = write_runs(compose_runs(runs, {}), tmp_path / "runs.html").read_text(encoding="utf-8")
    below = text.partition('class="meanings"')[2].partition("</details>")[0]
    assert "<dt>Log-loss</dt><dd>Mean negative log-likelihood in nats</dd>" in below


def test_the_lead_says_that_one_is_better_only_where_a_test_does(runs):
    best = compose_runs(runs, {}).rows[0]
    name = f"{best.run.name} / {best.row.rung}"
    sure = compose_runs(runs, comparisons(pair(name, "run-9 / knn", p=0.001)))
    assert "better than the best of the other run beyond what chance explains" in sure.lead
    tied = compose_runs(runs, comparisons(pair(name, "run-9 / knn", p=0.3)))
    assert "the test pictures cannot tell it from run-9 / knn" in tied.lead
    assert compose_runs(runs, {}).lead == tied.lead.partition(";")[0] + "."


def test_a_run_that_is_not_compared_is_not_called_beaten(runs, new_run):
    best = compose_runs(runs, {}).rows[0]
    sure = comparisons(pair(f"{best.run.name} / {best.row.rung}", "run-9 / knn", p=0.001))
    found = compose_runs([*runs, new_run()], sure, notes=["run-8 / knn is not compared."])
    assert found.warnings[-1] == "run-8 / knn is not compared."
    assert "better than run-9 / knn beyond what chance explains" in found.lead


def test_other_test_pictures_forbid_a_winner(runs):
    facts = runs[1].folder / "data.json"
    facts.write_text(facts.read_text().replace("5b" * 32, "6c" * 32))
    found = compose_runs(runs, {})
    assert found.lead.startswith("These runs were judged on different test pictures")
    assert "2 different test splits" in found.warnings[0]


def test_runs_without_a_result_and_second_openings_are_warned_of(new_run):
    found = compose_runs([new_run(is_finished=False), new_run(n_openings=2)], {})
    assert "did not finish" in found.warnings[0]
    assert "opened twice" in found.warnings[1]
    assert compose_runs([new_run(is_finished=False), new_run(is_finished=False)], {}).lead.startswith("None of these")


def test_picking_the_best_of_three_is_called_choosing_on_the_test_split(new_run):
    found = compose_runs([new_run(), new_run(), new_run()], {})
    assert any("chooses on the test split" in text for text in found.warnings)


def test_a_verdict_is_plain():
    assert verdict(pair("a / cnn", "b / knn", p=0.0004)) == "a / cnn is better (p < 0.001)"
    assert verdict(pair("a / cnn", "b / knn", p=0.4)) == "cannot be told apart (p = 0.40)"


class Tags(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.sections, self.texts = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag == "section":
            self.sections.append(dict(attrs)["id"])

    def handle_data(self, data):
        self.texts.append(data)


def test_the_page_has_all_sections_and_no_address(runs, tmp_path):
    report = compose_runs(runs, comparisons(pair("run-0 / knn", "run-1 / knn", p=0.2)))
    text = write_runs(report, tmp_path / "comparison.html").read_text(encoding="utf-8")
    page = Tags(text)
    assert page.sections == ["summary", "leaderboard", "pairs", "differences", "runs"]
    assert "http" not in text.replace("http-equiv", "")
    assert "cannot be told apart" in "".join(page.texts)


def test_names_of_data_are_escaped(new_run, tmp_path):
    runs = [new_run(name="<script>alert(1)</script>"), new_run()]
    text = write_runs(compose_runs(runs, {}), tmp_path / "comparison.html").read_text(encoding="utf-8")
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text
