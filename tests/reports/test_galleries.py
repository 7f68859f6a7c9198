"""The pictures behind the cells, as the page holds them."""

import json
from dataclasses import replace

import pytest

from linnet.records.pictures import image_name
from linnet.reports import galleries
from linnet.reports.evidence import gather
from linnet.reports.galleries import MAX_SHOWN, describe_galleries, for_script
from linnet.reports.mistakes import describe_rungs
from linnet.words import chance


@pytest.fixture(scope="module")
def evidence(finished_run):
    return gather(finished_run)


@pytest.fixture(scope="module")
def found(evidence):
    return describe_galleries(evidence)


def test_every_picture_lies_in_the_cell_that_its_prediction_says(evidence, found):
    for rung, cells in found.cells.items():
        predictions = evidence.predictions[rung]
        place = {image: i for i, image in enumerate(predictions.ids.tolist())}
        for cell in cells:
            for shown in cell.shown:
                i = place[found.ids[shown.number]]
                assert (predictions.labels[i], predictions.predicted[i]) == (cell.truth, cell.prediction)
                assert shown.probability == pytest.approx(predictions.probabilities[i].max(), abs=1e-4)
                assert shown.truth_probability == pytest.approx(predictions.probabilities[i, cell.truth], abs=1e-4)


def test_a_cell_counts_all_its_pictures_and_shows_the_most_confident_first(evidence, found):
    for rung, cells in found.cells.items():
        predictions = evidence.predictions[rung]
        for cell in cells:
            members = (predictions.labels == cell.truth) & (predictions.predicted == cell.prediction)
            assert cell.n == members.sum() >= len(cell.shown) > 0
            assert len(cell.shown) <= MAX_SHOWN
            chances = [shown.probability for shown in cell.shown]
            assert chances == sorted(chances, reverse=True)


def test_every_miss_of_a_small_run_has_a_cell(evidence, found):
    for rung, cells in found.cells.items():
        predictions = evidence.predictions[rung]
        wrong = ~predictions.correct
        wanted = set(zip(predictions.labels[wrong].tolist(), predictions.predicted[wrong].tolist(), strict=True))
        assert {(cell.truth, cell.prediction) for cell in cells if cell.truth != cell.prediction} == wanted


def test_a_picture_is_held_once(found):
    assert len(set(found.ids)) == len(found.ids)
    assert found.pictures == tuple(image_name(image) for image in found.ids)


def test_cells_are_found_by_their_names(found):
    keys = found.keys("two-layer")
    assert keys["3", "3"] == "3-3"
    assert found.keys("no such rung") == {}


def weight(evidence, found):
    return sum(len(evidence.pictures[name]) for name in found.pictures if name not in found.inline)


def test_the_page_carries_no_more_than_it_can(evidence, found, monkeypatch):
    total = weight(evidence, found)
    monkeypatch.setattr(galleries, "LEAST_BYTES", total // 2)
    monkeypatch.setattr(galleries, "PAGE_BYTES", 0)
    fewer = describe_galleries(evidence)
    assert total // 2 - 1000 < weight(evidence, fewer) <= total // 2
    assert all(len(cells) >= 0.9 * len(found.cells[rung]) for rung, cells in fewer.cells.items())


def test_cells_get_what_the_other_sections_leave(evidence, found, monkeypatch):
    split = {image_name(str(image)) for image in evidence.predictions["knn"].ids}
    others = sum(len(data) for name, data in evidence.pictures.items() if name not in split)
    parts = describe_rungs(evidence)
    others += sum(len(evidence.pictures[one.picture]) for part in parts for one in (*part.worst, *part.unsure))
    total = weight(evidence, found)
    monkeypatch.setattr(galleries, "LEAST_BYTES", 0)
    for room, is_enough in ((others + total, True), (others + total - 1, False)):
        monkeypatch.setattr(galleries, "PAGE_BYTES", room)
        assert (len(describe_galleries(evidence).ids) == len(found.ids)) == is_enough


def test_what_is_an_example_of_some_rung_stands_in_the_page_anyway(evidence, found):
    parts = describe_rungs(evidence)
    assert set(found.inline) == {one.picture for part in parts for one in (*part.worst, *part.unsure)}
    assert {found.pictures[number] for number in found.numbers.values()} == set(found.inline) & set(found.pictures)
    data = json.loads(found.as_json(lambda name: name))["data"]
    assert [address is None for address in data] == [name in found.inline for name in found.pictures]


def test_without_pictures_there_are_no_cells(evidence):
    found = describe_galleries(replace(evidence, pictures={}))
    assert (found.ids, set(found.cells.values())) == ((), {()})


def test_without_predictions_there_is_nothing(evidence):
    found = describe_galleries(replace(evidence, predictions={}))
    assert (found.class_names, found.ids, found.cells) == ((), (), {})


def test_a_picture_that_only_the_training_shows_is_not_behind_a_cell(evidence, found):
    train = set(evidence.manifest.id[evidence.manifest.rows(split="train")].tolist())
    assert not train & set(found.ids)


def test_probabilities_are_said_as_below_all_other_pictures_and_not_rounded_twice():
    shown = galleries.Shown(number=0, probability=0.77496, truth_probability=1e-9)
    assert (shown.said, shown.truth_said) == (chance(0.77496), chance(1e-9)) == ("77%", "< 1%")


def test_the_json_says_what_the_cells_say(found):
    plain = json.loads(found.as_json(lambda name: f"address of {name}"))
    assert plain["names"] == list("0123456789")
    assert f"address of {found.pictures[-1]}" in plain["data"]
    cell = found.cells["knn"][0]
    n, shown = plain["rungs"]["knn"][f"{cell.truth}-{cell.prediction}"]
    assert n == cell.n
    first = cell.shown[0]
    assert shown[0] == [first.number, chance(first.probability), chance(first.truth_probability)]


ODD = ["</script><script>alert(1)</script>", "<!--", "a\u2028b\u2029", "]]>", "&lt;", "\udcff", "حسون"]


@pytest.mark.parametrize("name", ODD)
def test_no_name_can_leave_the_script_element(name):
    text = for_script({name: [name]})
    assert json.loads(text) == {name: [name]}
    assert text.isascii()
    assert not set("<>&") & set(text)
