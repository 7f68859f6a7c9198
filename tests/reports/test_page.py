"""The page: well-formed, complete in itself, escaped, readable, and never broken by what a run lacks."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest

from linnet.errors import ConfigError
from linnet.records.manifest import texts_of
from linnet.records.predictions import Predictions
from linnet.reports import write
from linnet.words import in_1, percent
from measured import evaluation_of

VOID = {"meta", "link", "img", "br", "hr", "input", "path", "circle", "use"}
SECTIONS = ["summary", "leaderboard", "costs", "pairs", "mistakes", "looking", "classes", "calibration", "training"]
SECTIONS += ["learning", "templates", "settings", "data", "measures", "ledger", "repeat"]


def galleries_of(page):
    return json.loads(re.search(r'<script type="application/json" id="galleries">(.*?)</script>', page.text)[1])


class Page(HTMLParser):
    """Read a page and remember its structure; an element that is not closed in order is an error."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.texts, self.text = [], [], [], text
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        assert self.open.pop() == tag, f"</{tag}> at {self.getpos()}"

    def handle_data(self, data):
        if self.open and self.open[-1] not in {"script", "style"}:
            self.texts.append(data)

    def all(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]

    @property
    def words(self):
        return re.sub(r"\s+", " ", "".join(self.texts))


def page_of(run):
    return Page(write(run).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def page(finished_run, tmp_path_factory):
    path = write(finished_run, tmp_path_factory.mktemp("page") / "report.html")
    return Page(path.read_text(encoding="utf-8"))


def test_the_report_lies_in_the_run_folder_unless_asked_otherwise(new_run, tmp_path):
    run = new_run()
    assert write(run) == run.folder / "report.html"
    assert write(run, tmp_path / "other.html").read_bytes() == (run.folder / "report.html").read_bytes()


def test_the_same_run_gives_the_same_bytes(new_run):
    run = new_run()
    first = write(run).read_bytes()
    assert write(run).read_bytes() == first


def test_all_sections_are_there_in_order(page):
    assert [attrs["id"] for attrs in page.all("section")] == SECTIONS


def test_the_contents_lead_to_every_section(page):
    wanted = [attrs["href"] for attrs in page.all("a") if attrs["href"].startswith("#")]
    assert wanted == ["#summary", *(f"#{name}" for name in SECTIONS)]


def test_headings_go_down_one_level_at_a_time(page):
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))


def test_identifiers_are_unique(page):
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))


def test_the_page_says_its_language_and_fits_a_phone(page):
    assert page.all("html")[0]["lang"] == "en"
    assert "width=device-width" in next(meta["content"] for meta in page.all("meta") if meta.get("name") == "viewport")


def test_there_is_no_address_in_the_page(page):
    assert "http" not in page.text.replace("http-equiv", "")
    assert "//" not in re.sub(r"data:[^\"]*", "", "".join(attrs.get("href", "") for _, attrs in page.elements))
    assert "@import" not in page.text
    assert "url(" not in re.sub(r"url\(#", "", page.text)


def test_every_picture_lies_in_the_page_and_has_a_text(page):
    assert len(page.all("img")) > 100
    for attrs in page.all("img"):
        assert attrs["src"].startswith("data:image/png;base64,")
        assert "alt" in attrs


def test_pictures_without_a_text_are_hidden_from_readers(page):
    hidden = page.text[page.text.index('class="mosaic"') : page.text.index('<p class="kicker"')]
    assert page.text.count('alt=""') == hidden.count('alt=""') > 0
    assert 'aria-hidden="true"' in hidden


def test_the_page_forbids_requests_by_itself(page):
    policy = next(meta["content"] for meta in page.all("meta") if meta.get("http-equiv"))
    assert policy.startswith("default-src 'none'; img-src data:;")


def test_every_control_and_region_has_a_name(page):
    assert all(attrs.get("aria-label") for _, attrs in page.elements if attrs.get("role") in {"region", "img"})
    assert all(attrs.get("tabindex") == "0" for _, attrs in page.elements if attrs.get("role") == "region")


def test_the_leaderboard_shows_every_number_of_every_row(page, finished_run):
    for row in finished_run.leaderboard.rows:
        for value in (row.accuracy, row.balanced_accuracy, row.ece):
            assert f"{100 * value:.1f}%" in page.words
    assert "p = 0.31" in page.words
    assert "linear-svm: The budget of 60 s was used up." in page.words


def test_the_leaderboard_can_be_sorted_by_plain_numbers(page, finished_run):
    values = [float(attrs["data-value"]) for attrs in page.all("td") if attrs.get("class") == "accuracy"]
    assert values == [row.accuracy for row in finished_run.leaderboard.rows]
    assert page.text[: page.text.index('id="costs"')].count('<th scope="col" aria-sort') == 10


def test_curves_are_drawn_where_a_number_was_chosen(page):
    labels = [attrs["aria-label"] for attrs in page.all("figure") if attrs.get("role") == "img"]
    assert {label.split(";")[0] for label in labels if label.startswith("Validation accuracy")} == {
        "Validation accuracy of softmax-regression over l2_penalty",
        "Validation accuracy of knn over k",
    }
    assert "metric cosine" in page.words


def test_a_training_shows_its_curves_its_numbers_and_what_they_look_like(page):
    assert "Signs of overfitting: from the kept epoch on, training accuracy lies" in page.words
    assert "What to try, in this order: stronger augment, a larger weight_decay, more dropout" in page.words
    assert "Kept: epoch 12 of 24, highest validation accuracy. 1,000 pictures per second, 12 s in all." in page.words
    assert "rungs/two-layer/history.csv" in page.words
    labels = [attrs["aria-label"] for attrs in page.all("figure") if "over 24 epochs" in attrs.get("aria-label", "")]
    assert [label.split(" of ")[0] for label in labels] == ["Loss", "Accuracy"]
    assert labels[1].endswith("In epoch 12, which was kept: training 96.0%, validation 83.9%.")


def test_a_training_says_that_its_accuracy_is_that_of_augmented_pictures(page):
    assert "measured on augmented pictures with dropout on" in page.words


def test_a_run_without_a_training_by_epochs_has_no_such_section(new_run):
    page = page_of(new_run(has_history=False))
    assert "training" not in [attrs["id"] for attrs in page.all("section")]
    assert "#training" not in page.text


ODD = {"no validation": ((2.0, 1.0), (0.3, 0.6)), "one epoch": ((2.0,), (0.3,), (1.5,), (0.5,))}
ODD |= {"no numbers": ((float("nan"), float("inf")), (0.1, 0.1), (float("inf"), float("nan")), (0.1, float("nan")))}


@pytest.mark.parametrize("columns", ODD.values(), ids=list(ODD))
def test_odd_trainings_leave_a_whole_page(new_run, epochs, columns):
    run = new_run(n_per_class=10)
    epochs(*columns).write(run.rung_folder("two-layer") / "history.csv")
    page = page_of(run)
    assert "training" in [attrs["id"] for attrs in page.all("section")]
    assert not re.search(r"\b(None|nan|inf)\b", page.words)


def test_a_training_of_no_epochs_is_not_shown(new_run, epochs):
    run = new_run(n_per_class=10)
    epochs((), ()).write(run.rung_folder("two-layer") / "history.csv")
    page = page_of(run)
    assert "training" not in [attrs["id"] for attrs in page.all("section")]
    assert "Some records" not in page.words


def test_the_command_to_repeat_the_run_is_there(page, finished_run):
    assert finished_run.experiment.command_line() in page.words


def test_an_unfinished_run_shows_validation_and_says_so(new_run):
    page = page_of(new_run(is_finished=False, n_openings=0))
    assert "This run did not finish." in page.words
    assert "validation split" in page.words
    assert "The test split was not opened." in page.words
    assert "Leaderboard" not in page.words


def test_several_openings_are_shouted(new_run):
    page = page_of(new_run(n_openings=3))
    assert page.words.count("opened 3 times") == 3  # on top, in the summary, in the ledger
    assert "14 November 2026, 10:31 UTC" in page.words


OPTIONAL = ["manifest.csv", "data.json", "leaderboard.json", "ledger.jsonl", "pictures.zip", "rungs/knn/selection.csv"]
OPTIONAL += ["rungs/knn/predictions-test.csv", "rungs/two-layer/history.csv", "leaderboard.csv", "explanations.json"]


@pytest.mark.parametrize("name", OPTIONAL)
def test_a_missing_record_leaves_a_whole_page(new_run, name):
    run = new_run(n_per_class=10)
    (run.folder / name).unlink()
    assert "Repeat" in page_of(run).words


def test_without_any_record_that_knows_the_classes_the_page_is_whole(new_run):
    run = new_run(n_per_class=10)
    assert run.leaderboard.rows[0].rung != "majority"
    (run.folder / "data.json").unlink()
    for path in run.folder.rglob("predictions-*.csv"):
        path.unlink()
    assert "Always giving the same answer is right" in page_of(run).words


@pytest.mark.parametrize("name", [*OPTIONAL[:8], "explanations.json"])
def test_a_damaged_record_leaves_a_whole_page_that_says_so(new_run, name):
    run = new_run(n_per_class=10)
    (run.folder / name).write_bytes(b"\xffnonsense")
    assert "Some records could not be read" in page_of(run).words


def test_a_run_with_nothing_but_its_experiment_has_a_page(new_run):
    run = new_run(n_per_class=10)
    for path in run.folder.rglob("*"):
        if path.is_file() and path.name != "experiment.toml":
            path.unlink()
    page = page_of(run)
    assert [attrs["id"] for attrs in page.all("section")] == ["summary", "leaderboard", "ledger", "repeat"]


def test_the_sections_of_numbers_show_what_was_measured(page, finished_run):
    comparisons = finished_run.comparisons
    for row in finished_run.leaderboard.rows:
        found = finished_run.evaluation(row.rung, "test")
        assert in_1(found.measures["cohens_kappa"].value) in page.words
        if row.rung != "majority":
            assert all(percent(each.recall) in page.words for each in found.classes)
            assert percent(found.calibration.maximum.value) in page.words
    assert len(comparisons.pairs) == 6
    alike = [pair for pair in comparisons.pairs if pair.p_value > 0.05]
    assert page.text.count('<td class="alike">') == len(alike)
    assert page.text.count('<td class="apart">') == 6 - len(alike)


def test_the_temperature_is_shown_with_both_lines(page):
    assert "A temperature of 1.70 was fitted on validation pictures" in page.words
    assert page.words.count("without temperature") == 2  # the legend of one chart, and the note of the table
    assert "15 bins of equal width; a confidence on an edge belongs to the lower bin" in page.words


def test_class_names_are_never_in_a_chart(new_run):
    names = ("Zaunkönig", "Birkenzeisig", "Girlitz")
    text = write(new_run(class_names=names, n_per_class=40, has_numbers=True, rungs=("knn", "two-layer"))).read_text(
        encoding="utf-8"
    )
    drawn = "".join(re.findall(r"<svg.*?</svg>", text, re.DOTALL))
    assert len(drawn) > 30_000
    assert not any(name in drawn for name in names)


def test_no_chart_is_heavy(page):
    charts = re.findall(r"<svg viewBox.*?</svg>", page.text, re.DOTALL)
    assert len(charts) > 15
    assert max(map(len, charts)) < 15_000


def test_every_table_that_sorts_says_so_in_each_heading(page):
    assert page.text.count("data-sortable") - page.text.count("table[data-sortable]") >= 7
    headings = [attrs for attrs in page.all("th") if "aria-sort" in attrs]
    assert {attrs["aria-sort"] for attrs in headings} == {"none"}
    assert len(headings) == len([attrs for attrs in page.all("button") if "data-first" in attrs])


def test_what_a_heading_says_to_a_pointer_stands_below_its_table_too(page):
    said = [attrs["title"] for attrs in page.all("button") if "title" in attrs]
    assert len(said) > 30
    words = page.words.lower()
    assert [hint for hint in said if hint.lower() not in words] == []
    summaries = page.words.count("What the columns say")
    assert summaries == len([attrs for attrs in page.all("details") if attrs.get("class") == "meanings"]) >= 4


NUMBERS = ("rungs/knn/evaluation-test.json", "comparisons.json", "rungs/two-layer/learning-curve.csv")


@pytest.mark.parametrize("damage", ["missing", "no text", "other values", "newer"])
def test_numbers_that_are_missing_or_damaged_leave_a_whole_page(new_run, damage):
    run = new_run(n_per_class=10, has_numbers=True, rungs=("knn", "two-layer"))
    for name in NUMBERS:
        path = run.folder / name
        written = path.read_text(encoding="utf-8")
        path.unlink()
        if damage == "no text":
            path.write_bytes(b"\xffnonsense")
        elif damage == "other values":
            other = written.replace("pairs", "pears").replace("bins", "cats").replace("100", "x")
            path.write_text(other, encoding="utf-8")
        elif damage == "newer":
            path.write_text(written.replace('"format": 1', '"format": 99').replace("rung,", "wing,"), encoding="utf-8")
    page = page_of(run)
    assert ("Some records could not be read" in page.words) == (damage != "missing")
    for name in NUMBERS[1:]:
        assert (name.split("/")[-1] in page.words) == (damage != "missing")
    assert not re.search(r"\b(None|nan|inf)\b", page.words)
    assert {"classes", "calibration"} < {attrs["id"] for attrs in page.all("section")}  # of the other rung


def test_a_run_without_any_of_them_has_no_such_sections(new_run):
    page = page_of(new_run(n_per_class=10))
    assert not {"pairs", "classes", "calibration", "measures", "learning"} & {a["id"] for a in page.all("section")}
    assert "#calibration" not in page.text


def test_a_class_without_a_test_picture_is_said_to_be_unknown(new_run):
    run = new_run(class_names=("hen", "cock", "egg"), n_per_class=40, has_numbers=True, rungs=("knn", "two-layer"))
    found = run.predictions("two-layer", "test")
    for rung in ("knn", "two-layer"):
        without = replace(run.predictions(rung, "test"), labels=np.where(found.labels == 2, 0, found.labels))
        evaluation_of(without, rung=rung).write(run.rung_folder(rung) / "evaluation-test.json")
    page = page_of(run)
    assert "“egg” has no test picture: nothing is known of how often such pictures are told right." in page.words
    assert "“egg” has no picture here, so nothing is known of finding it." in page.words
    assert not re.search(r"\b(None|nan|inf)\b", page.words)


def test_an_unfinished_run_shows_the_numbers_of_validation_as_such(new_run):
    page = page_of(new_run(is_finished=False, n_openings=0, has_numbers=True, rungs=("knn",)))
    assert "Class by class" in page.words
    assert page.words.count("validation split") == 4  # mistakes, classes, calibration, measures


def test_the_json_beside_the_page_is_written_with_it(new_run, tmp_path):
    run = new_run(n_per_class=10)
    write(run)
    report = json.loads((run.folder / "report.json").read_text(encoding="utf-8"))
    assert report["format"] == 1
    write(run, tmp_path / "other.html")
    assert json.loads((tmp_path / "other.json").read_text(encoding="utf-8")) == report


def test_the_page_cannot_take_the_place_of_its_json(new_run, tmp_path):
    with pytest.raises(ConfigError, match="JSON is put beside it"):
        write(new_run(n_per_class=10), tmp_path / "report.json")


EVIL = "<script>alert(1)</script>"


def test_names_cannot_become_markup(new_run):
    page = page_of(
        new_run(class_names=(EVIL, '"><img src=x>', "a&b"), name=EVIL, n_per_class=40, has_numbers=True, rungs=("knn",))
    )
    assert len(page.all("script")) == 2
    assert EVIL in page.words
    assert "<script>alert" not in page.text
    assert EVIL in galleries_of(page)["names"]
    assert all(attrs["src"].startswith("data:") for attrs in page.all("img"))
    assert "a&amp;b" in page.text


SCRIPTS = ("Carduelis cannabina", "Коноплянка обыкновенная", "赤胸朱顶雀", "حسون التفاح", "Straßenüberführungsbauwerk")


def test_two_hundred_classes_with_long_names_give_lists_and_a_light_page(new_run):
    names = tuple(f"{name} {i}" for i in range(40) for name in SCRIPTS)
    run = new_run(class_names=names, n_per_class=5, has_numbers=True, rungs=("knn", "two-layer"))
    page = page_of(run)
    assert "Hardest classes" in page.words
    assert "All classes have fewer than 10 test pictures" in page.words
    assert not [attrs for attrs in page.all("table") if "matrix" in attrs.get("class", "")]
    assert "160 more classes are not shown" in page.words
    assert len(page.text) < 1_000_000


def test_leaks_are_counted_in_pictures_of_the_later_split(new_run):
    run = new_run()
    facts = run.facts
    replace(facts, duplicates={**facts.duplicates, "leaks": {"train-test": 1}}).write(run.folder / "data.json")
    words = page_of(run).words
    assert "Leaks: 1 test picture has a copy or a near copy among the training pictures." in words
    assert "pair in" not in words


def test_one_class_more_than_are_shown_is_one(new_run):
    page = page_of(new_run(class_names=tuple(f"class {i}" for i in range(41)), n_per_class=5, rungs=("knn",)))
    assert "; 1 more class is not shown." in page.words


def test_two_classes_give_a_matrix(new_run):
    page = page_of(new_run(class_names=("bird", "airplane"), n_per_class=20, has_numbers=True))
    assert re.search("Of the .* mistakes of|made no mistake", page.words)
    assert len([attrs for attrs in page.all("table") if "matrix" in attrs.get("class", "")]) == 4


def test_few_mistakes_are_never_rounded_away(new_run):
    run = new_run(class_names=("bird", "airplane"), n_per_class=20, rungs=("majority", "knn"))
    labels = np.repeat([0, 1], [10_000, 1000])
    said = labels.copy()
    said[:4], said[-3:] = 1, 0
    found = Predictions(
        ids=texts_of([str(i) for i in range(len(labels))]),
        labels=labels,
        probabilities=np.eye(2, dtype=np.float32)[said],
        class_names=("bird", "airplane"),
    )
    folder = run.rung_folder("knn")
    found.write(folder / "predictions-test.csv")
    evaluation_of(found, rung="knn", split="test").write(folder / "evaluation-test.json")
    rows = [
        replace(row, accuracy=0.99996, balanced_accuracy=0.9998, ece=0.0004) if row.rung == "knn" else row
        for row in run.leaderboard.rows
    ]
    replace(run.leaderboard, rows=tuple(rows)).write(run.folder)
    page = page_of(run)
    matrix = page.text.partition('aria-label="Confusion matrix of knn"')[2].partition("</table>")[0]
    assert re.findall("<small>(.*?)</small>", matrix) == ["99.96%", "0.04%", "0.3%", "99.7%"]
    assert all(share in page.words for share in ("99.996%", "99.98%", "0.04%"))
    by_class = page.text.partition('aria-label="Classes of knn"')[2].partition("</table>")[0]
    assert not re.search(r">\s*(0(\.0+)?%?|100(\.0+)?%|1\.0+)\s*<", by_class)


def test_small_pictures_are_scaled_without_blur(page):
    assert {attrs.get("class") for attrs in page.all("img")} == {"pixels"}


def test_every_button_of_a_matrix_has_pictures_in_the_page(page, finished_run):
    galleries = galleries_of(page)
    n = sum(len(cells) for cells in galleries["rungs"].values())
    buttons = [attrs for attrs in page.all("button") if "data-cell" in attrs]
    assert {attrs["data-cell"] for attrs in buttons} <= {key for cells in galleries["rungs"].values() for key in cells}
    assert len(buttons) >= n > 40
    panels = [attrs["data-rung"] for attrs in page.all("div") if attrs.get("class") == "gallery"]
    assert panels == [row.rung for row in finished_run.leaderboard.rows]


def test_a_cell_holds_numbers_of_pictures_that_the_page_holds_once(page):
    galleries = galleries_of(page)
    assert len(galleries["data"]) == len(galleries["ids"]) == len(set(galleries["ids"]))
    standing = {int(attrs["data-picture"]) for attrs in page.all("img") if "data-picture" in attrs}
    assert standing == {number for number, address in enumerate(galleries["data"]) if address is None} != set()
    for cells in galleries["rungs"].values():
        for n, shown in cells.values():
            assert 0 < len(shown) <= n
            assert all(0 <= number < len(galleries["ids"]) for number, _, _ in shown)


def test_without_a_script_no_button_promises_anything(page):
    assert all("disabled" in attrs for attrs in page.all("button") if "data-cell" in attrs)


def test_without_pictures_the_matrix_keeps_its_numbers(new_run):
    run = new_run()
    (run.folder / "pictures.zip").unlink()
    page = page_of(run)
    assert len(page.all("script")) == 1
    assert not [attrs for attrs in page.all("button") if "data-cell" in attrs]
    assert len([attrs for attrs in page.all("td") if attrs.get("class") == "hit"]) > 20
    assert "picture not kept" in page.words
    assert "Choose a cell" not in page.words


def test_a_class_without_test_pictures_has_an_empty_row(new_run):
    run = new_run(class_names=("cat", "dog", "owl"), n_per_class=40)
    for rung in run.rungs:
        found = run.predictions(rung, "test")
        kept = found.labels != 1
        fewer = replace(found, ids=found.ids[kept], labels=found.labels[kept], probabilities=found.probabilities[kept])
        fewer.write(run.rung_folder(rung) / "predictions-test.csv")
    page = page_of(run)
    assert all(not key.startswith("1-") for cells in galleries_of(page)["rungs"].values() for key in cells)
    assert not re.search(r"\b(None|nan|inf)\b", page.words)


def test_examples_show_where_the_rung_looked_and_what_that_means(page):
    alts = [attrs["alt"] for attrs in page.all("img")]
    assert len([alt for alt in alts if alt.startswith("Where it looked in ")]) >= 30
    assert "Heat maps by integrated-gradients: blue speaks against what was said orange speaks for it" in page.words


def test_rungs_are_seen_side_by_side_and_right_and_wrong_are_words(page):
    looking = page.text[page.text.index('<section id="looking">') :].partition("</section>")[0]
    assert looking.count('<th scope="col">') == 8
    assert looking.count("right:") + looking.count("wrong:") == 4 * 8
    assert "The rung knn has no gradient." in looking


def test_without_explanations_there_is_no_such_section(new_run):
    run = new_run(n_per_class=10)
    (run.folder / "explanations.json").unlink()
    page = page_of(run)
    assert "looking" not in [attrs["id"] for attrs in page.all("section")]
    assert "#looking" not in page.text
    assert "Heat maps" not in page.words


def test_a_file_name_reads_from_left_to_right(new_run):
    page = page_of(new_run(class_names=("حسون التفاح", "dog"), n_per_class=40))
    assert re.search(r'<bdi dir="ltr">حسون التفاح/\d+.png</bdi>', page.text)


def test_every_rung_can_be_linked_to(page):
    ids = [attrs["id"] for attrs in page.all("details") if "id" in attrs]
    assert "mistakes-softmax-regression" in ids


def luminance(color):
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first, second):
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def mixed(color, ground, share):
    pairs = [(int(color[i : i + 2], 16), int(ground[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in pairs)


@pytest.fixture(scope="module", params=["light", "dark"])
def colors(request, page):
    style = page.text[page.text.index("<style>") : page.text.index("</style>")]
    blocks = re.findall(r":root \{(.*?)\}", style, re.DOTALL)[:2]
    light, dark = (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})\b", block)) for block in blocks)
    found = light if request.param == "light" else light | dark
    return {
        name: color if len(color) == 7 else "#" + "".join(2 * c for c in color[1:]) for name, color in found.items()
    }


@pytest.mark.parametrize("text", ["ink", "muted", "accent", "right", "wrong", "chart-ink"])
def test_every_text_can_be_read_on_every_ground(colors, text):
    for ground in ("paper", "surface", "sunken", "warm"):
        assert contrast(colors[text], colors[ground]) >= 4.5, ground


def test_numbers_can_be_read_on_the_strongest_cells(colors):
    assert contrast(colors["ink"], mixed(colors["right-fill"], colors["surface"], 0.55)) >= 4.5
    assert contrast(colors["ink"], mixed(colors["wrong-fill"], colors["surface"], 0.70)) >= 4.5


def test_every_line_of_a_chart_can_be_seen(colors):
    for i in range(1, 7):
        assert contrast(colors[f"series-{i}"], colors["paper"]) >= 3
