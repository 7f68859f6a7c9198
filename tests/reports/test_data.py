"""What is said of the data."""

import json
from dataclasses import replace

import pytest

from linnet.reports.data import MAX_PROBLEMS, Brightness, describe_data
from linnet.reports.evidence import gather


@pytest.fixture(scope="module")
def evidence(finished_run):
    return gather(finished_run)


@pytest.fixture(scope="module")
def data(evidence):
    return describe_data(evidence)


def with_facts(evidence, **changed):
    return describe_data(replace(evidence, facts=replace(evidence.facts, **changed)))


def test_classes_are_counted_by_split(data):
    assert data.splits == ("train", "valid", "test")
    assert [part.name for part in data.classes] == list("0123456789")
    assert {part.counts for part in data.classes} == {(90, 30, 30)}
    assert (data.n_pictures, data.biggest_class) == (1500, 150)


def test_every_class_shows_eight_examples(data):
    assert {len(part.samples) for part in data.classes} == {8}
    assert all(sample.id.startswith(f"{part.name}/") for part in data.classes for sample in part.samples)
    assert (data.has_samples, data.n_sampled) == (True, 10)


def test_balanced_classes_have_no_imbalance(data):
    assert data.imbalance == 1.0
    assert data.empty == ()


def test_imbalance_is_that_of_training_pictures_and_leaves_out_empty_classes(evidence):
    names = evidence.class_names
    counts = dict.fromkeys(names, 10) | {"0": 42, "3": 0}
    found = with_facts(evidence, class_counts={"train": counts, "test": dict.fromkeys(names, 1)})
    assert found.imbalance == pytest.approx(4.2)
    assert found.empty == ("3",)
    assert found.splits == ("train", "test")


def test_files_with_a_problem_are_capped_and_each_status_keeps_its_share(data):
    assert data.n_problems == 31
    assert len(data.problems) == MAX_PROBLEMS
    statuses = [problem.status for problem in data.problems]
    assert statuses[0] == "unreadable"
    assert {status: statuses.count(status) for status in statuses} == dict.fromkeys(statuses, 5)


def test_a_rare_grave_problem_is_shown_among_many_light_ones(evidence):
    status = evidence.manifest.status.copy()
    status[1500:] = "ignored"
    status[1530] = "unreadable"
    found = describe_data(replace(evidence, manifest=replace(evidence.manifest, status=status)))
    assert [problem.status for problem in found.problems] == ["unreadable"] + ["ignored"] * 24


def test_reasons_stand_beside_the_files(data):
    assert (data.problems[0].id, data.problems[0].reason) == ("odd/000.jpg", "reason 0: it ends after 1,000 bytes")


def test_the_stored_form_is_said_once(evidence):
    found = with_facts(
        evidence, image_shape=(3, 32, 48), geometry={"channels": 3, "height": 32, "width": 48, "fit": "pad"}
    )
    assert found.stored.rows[:2] == (("Pixels", "48 × 32, color"), ("Fit", "pad"))
    assert dict(found.stored.rows)["Mean"] == "0.1843"


@pytest.mark.parametrize(("side", "is_small"), [(28, True), (64, True), (65, False), (224, False)])
def test_small_pictures_are_known(evidence, side, is_small):
    assert with_facts(evidence, image_shape=(1, 16, side)).is_small == is_small


def test_leaks_above_zero_are_kept(evidence):
    found = with_facts(evidence, duplicates={"leaks": {"train-test": 3, "train-valid": 0}})
    assert found.leaks == {"train-test": 3}
    assert found.group_leaks == {}
    assert with_facts(evidence, duplicates={"group_leaks": {"train-test": 4}}).group_leaks == {"train-test": 4}
    assert found.leaked == ("3 test pictures have a copy or a near copy among the training pictures",)


def test_leaks_are_pictures_of_the_later_split(evidence):
    found = with_facts(evidence, duplicates={"leaks": {"train-valid": 1, "valid-test": 1200}})
    assert found.leaked == (
        "1 validation picture has a copy or a near copy among the training pictures",
        "1,200 test pictures have a copy or a near copy among the validation pictures",
    )


def test_pairs_of_equal_pictures_are_named(data):
    assert [(pair.first.id, pair.second.id, pair.kind) for pair in data.pairs] == [
        ("0/00000.png", "0/00010.png", "near, mirrored")
    ]
    assert data.pairs[0].first.picture == "images/0/00000.png.png"


@pytest.mark.parametrize("examples", [[["a", "b"]], [["a", "b", "near", "mirrored"]]])
def test_pairs_may_say_more_or_less(evidence, examples):
    assert len(with_facts(evidence, duplicates={"examples": examples}).pairs) == 1


def test_without_a_manifest_the_counts_remain(evidence):
    found = describe_data(replace(evidence, manifest=None))
    assert found.n_pictures == 1500
    assert (found.problems, found.has_samples) == ((), False)


def test_without_facts_the_manifest_tells(evidence):
    found = describe_data(replace(evidence, facts=None))
    assert found.n_pictures == 1500
    assert found.counts["unreadable"] == 7
    assert (found.image_shape, found.is_small, found.files, found.stored.rows) == (None, False, (), ())


def test_without_any_record_nothing_is_said(evidence):
    assert describe_data(replace(evidence, facts=None, manifest=None)) is None


def test_what_became_of_files_is_a_table(data):
    assert data.found.rows[0] == ("Used", 1500)
    assert json.dumps(data.found.rows)  # plain values


def test_brightness_is_said_in_one_sentence(data):
    assert sum(data.brightness.counts) == 900
    assert data.brightness.sentence.startswith("The middle half of the training pictures is 15% to 25% bright")


@pytest.mark.parametrize(
    ("counts", "said"),
    [((0, 0, 0, 4), "75% to 100%"), ((4, 0, 0, 0), "0% to 25%"), ((1, 1, 1, 1), "0% to 75%"), ((0, 9), "50% to 100%")],
)
def test_the_middle_half_is_told_to_the_width_of_a_step(counts, said):
    assert said in Brightness(counts=counts).sentence


@pytest.mark.parametrize("counts", [(), (0, 0, 0)])
def test_brightness_that_was_not_recorded_is_not_shown(evidence, counts):
    assert with_facts(evidence, brightness=counts).brightness is None
