"""Which pictures a report shows: deterministic, varied, and few."""

import hashlib

import numpy as np
import pytest

from linnet.records.manifest import Manifest, texts_of
from linnet.records.predictions import Predictions
from linnet.reports.choices import (
    N_LARGE,
    N_SHARED,
    N_SMALL,
    explained_wanted,
    least_sure,
    pictures_wanted,
    sample_ids,
    worst_mistakes,
)


def manifest_of(labels, *, split="train", hashes=None):
    n = len(labels)
    ids = [f"{label}/{i}.png" for i, label in enumerate(labels)]
    return Manifest(
        id=texts_of(ids),
        label=texts_of(labels),
        split=texts_of([split] * n if isinstance(split, str) else split),
        fold=np.full(n, -1),
        group=texts_of([""] * n),
        content_hash=texts_of(hashes or [hashlib.sha256(name.encode()).hexdigest() for name in ids]),
        status=texts_of(["used"] * n),
        reason=texts_of([""] * n),
    )


def predictions_of(probabilities, labels):
    k = len(probabilities[0])
    return Predictions(
        ids=texts_of([f"p{i}" for i in range(len(labels))]),
        labels=np.array(labels, dtype=np.int64),
        probabilities=np.array(probabilities, dtype=np.float32),
        class_names=tuple("abcdefgh"[:k]),
    )


def test_the_most_confident_mistake_comes_first_and_right_ones_never():
    found = predictions_of([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]], [0, 0, 1, 0])
    assert worst_mistakes(found, 5).tolist() == [1, 3, 2]
    assert worst_mistakes(found, 2).tolist() == [1, 3]


def test_of_equal_mistakes_the_earlier_one_comes_first():
    assert worst_mistakes(predictions_of([[0.1, 0.9]] * 4, [0, 1, 0, 0])).tolist() == [0, 2, 3]


def test_worst_mistakes_agree_with_a_loop():
    generator = np.random.default_rng(0)
    found = predictions_of(generator.dirichlet(np.ones(4), size=200), generator.integers(0, 4, 200))
    wrong = [i for i in range(200) if found.probabilities[i].argmax() != found.labels[i]]
    wrong.sort(key=lambda i: (-found.probabilities[i].max(), i))
    assert worst_mistakes(found, 30).tolist() == wrong[:30]


@pytest.mark.parametrize("n", [0, 3])
def test_no_mistakes_give_no_positions(n):
    found = predictions_of([[0.9, 0.1]] * 3, [0, 0, 0])
    empty = Predictions(
        ids=found.ids[:n], labels=found.labels[:n], probabilities=found.probabilities[:n], class_names=("a", "b")
    )
    assert worst_mistakes(empty).tolist() == []


def test_samples_come_from_the_training_split_only():
    manifest = manifest_of(["a"] * 6, split=["train", "test", "valid", "train", "", "test"])
    assert sorted(sample_ids(manifest, ["a"])["a"]) == ["a/0.png", "a/3.png"]


def test_samples_follow_the_content_and_not_the_order_of_files():
    manifest = manifest_of(["a"] * 50)
    shuffled = manifest.take(np.random.default_rng(0).permutation(50))
    assert sample_ids(manifest, ["a"], 8) == sample_ids(shuffled, ["a"], 8)
    assert sample_ids(manifest, ["a"], 8)["a"] != manifest.id[:8].tolist()


def test_of_equal_pictures_only_the_first_is_shown():
    manifest = manifest_of(["a"] * 4, hashes=["2", "1", "2", "1"])
    assert sample_ids(manifest, ["a"])["a"] == ["a/1.png", "a/0.png"]


def test_pictures_without_a_hash_are_told_apart_by_their_names():
    assert len(sample_ids(manifest_of(["a"] * 4, hashes=["", "", "", ""]), ["a"])["a"]) == 4


def test_an_empty_class_has_no_samples_and_the_first_forty_classes_have_some():
    names = [f"c{i:02d}" for i in range(50)]
    found = sample_ids(manifest_of(names[:1] * 20 + names[2:]), names)
    assert list(found) == names[:40]
    assert [len(found[name]) for name in names[:3]] == [8, 0, 1]


def test_a_class_name_that_starts_like_another_stays_apart():
    found = sample_ids(manifest_of(["cat", "catfish"]), ["cat", "catfish"])
    assert found == {"cat": ["cat/0.png"], "catfish": ["catfish/1.png"]}


def test_wanted_pictures_are_samples_then_mistakes_without_repetition():
    manifest = manifest_of(["a", "b"])
    wrong = predictions_of([[0.1, 0.9], [0.2, 0.8]], [0, 0])
    wanted = pictures_wanted(manifest, ["a", "b"], {"one": wrong, "two": wrong})
    assert wanted == ["a/0.png", "b/1.png", "p0", "p1"]


def test_equal_pictures_are_wanted_two_by_two_and_the_first_pairs_only():
    pairs = [[f"x{i}", f"y{i}", "near"] for i in range(20)]
    wanted = pictures_wanted(manifest_of(["a"]), ["a"], {}, pairs=pairs)
    assert wanted[:5] == ["a/0.png", "x0", "y0", "x1", "y1"]
    assert len(wanted) == 1 + 2 * 12


def test_the_least_sure_right_answer_comes_first_and_wrong_ones_never():
    found = predictions_of([[0.9, 0.1], [0.6, 0.4], [0.55, 0.45], [0.2, 0.8], [0.6, 0.4]], [0, 0, 1, 1, 0])
    assert least_sure(found, 9).tolist() == [1, 4, 3, 0]
    assert least_sure(found, 2).tolist() == [1, 4]


def test_least_sure_answers_agree_with_a_loop():
    generator = np.random.default_rng(2)
    found = predictions_of(generator.dirichlet(np.ones(4), size=200), generator.integers(0, 4, 200))
    right = [i for i in range(200) if found.probabilities[i].argmax() == found.labels[i]]
    right.sort(key=lambda i: (found.probabilities[i].max(), i))
    assert least_sure(found, 20).tolist() == right[:20]


def test_a_rung_without_a_right_answer_is_sure_of_nothing():
    assert least_sure(predictions_of([[0.1, 0.9]] * 3, [0, 0, 0])).tolist() == []


def ladder(n=300, k=6, n_rungs=4):
    """Rungs of different skill, and one that always gives the same answer."""
    generator = np.random.default_rng(4)
    labels = generator.integers(0, k, n)
    found = {"majority": predictions_of([[0.5, *[0.5 / (k - 1)] * (k - 1)]] * n, labels)}
    for rung in range(n_rungs):
        logits = (2 + rung) * np.eye(k)[labels] + generator.gumbel(0, 1.2, (n, k))
        chances = np.exp(logits)
        found[f"r{rung}"] = predictions_of(chances / chances.sum(axis=1, keepdims=True), labels)
    return found


def test_shared_pictures_are_some_that_all_have_right_and_some_on_which_they_disagree():
    predictions = ladder()
    shared, _ = explained_wanted(predictions)
    assert len(set(shared)) == len(shared) == N_SHARED
    skilled = [found for rung, found in predictions.items() if rung != "majority"]
    n_right = [sum(found.correct[int(image[1:])] for found in skilled) for image in shared]
    assert n_right[:3] == [4, 4, 4]
    assert n_right[3:] == [2, 2, 2, 2, 2]


def test_shared_pictures_are_of_as_many_classes_as_possible():
    predictions = ladder()
    labels = predictions["r0"].labels
    classes = [int(labels[int(image[1:])]) for image in explained_wanted(predictions)[0]]
    assert len(set(classes)) == 6
    assert max(classes.count(label) for label in classes) == 2


def test_a_rungs_own_pictures_are_its_worst_mistakes_and_least_sure_answers():
    predictions = ladder()
    own = explained_wanted(predictions)[1]["r1"]
    found = predictions["r1"]
    assert own == tuple(found.ids[[*worst_mistakes(found), *least_sure(found)]].tolist())


def test_the_order_of_pictures_and_rungs_changes_no_shared_picture_but_ties():
    predictions = ladder()
    mixed = np.random.default_rng(0).permutation(300)
    turned = {
        rung: Predictions(
            ids=found.ids[mixed],
            labels=found.labels[mixed],
            probabilities=found.probabilities[mixed],
            class_names=found.class_names,
        )
        for rung, found in reversed(predictions.items())
    }
    assert explained_wanted(turned)[0] == explained_wanted(predictions)[0]


def test_pictures_that_one_rung_has_not_seen_are_not_shared():
    predictions = ladder()
    few = predictions["r0"]
    predictions["r0"] = Predictions(
        ids=few.ids[:5], labels=few.labels[:5], probabilities=few.probabilities[:5], class_names=few.class_names
    )
    assert set(explained_wanted(predictions)[0]) == set(few.ids[:5].tolist())


def test_rungs_that_are_all_right_still_share_pictures():
    perfect = predictions_of(np.eye(3)[[0, 1, 2, 0]], [0, 1, 2, 0])
    assert explained_wanted({"one": perfect, "two": perfect})[0] == ("p0", "p1", "p2", "p3")


def test_without_rungs_or_pictures_nothing_is_explained():
    assert explained_wanted({}) == ((), {})
    full = predictions_of([[0.9, 0.1]], [0])
    empty = Predictions(
        ids=full.ids[:0], labels=full.labels[:0], probabilities=full.probabilities[:0], class_names=("a", "b")
    )
    assert explained_wanted({"one": empty}) == ((), {"one": ()})
    assert explained_wanted({"one": empty, "two": full}) == ((), {"one": (), "two": ("p0",)})


def test_small_pictures_may_be_more_than_large_ones():
    manifest = manifest_of(["a"])
    predictions = {f"r{i}": found for i, found in enumerate(many_rungs())}
    small = pictures_wanted(manifest, ["a"], predictions, longest_side=28)
    large = pictures_wanted(manifest, ["a"], predictions, longest_side=224)
    assert (len(small), len(large)) == (1 + N_SMALL, 1 + N_LARGE)
    assert len(set(small)) == len(small)
    assert large == pictures_wanted(manifest, ["a"], predictions)


def many_rungs():
    generator = np.random.default_rng(5)
    labels = generator.integers(0, 8, 4000)
    for skill in range(3, 13):
        chances = generator.dirichlet(np.ones(8), size=4000) + skill / 30 * np.eye(8)[labels]
        yield predictions_of(chances / chances.sum(axis=1, keepdims=True), labels)


def test_what_is_explained_is_stored():
    predictions = ladder()
    shared, own = explained_wanted(predictions)
    wanted = set(pictures_wanted(manifest_of(["a"]), ["a"], predictions))
    assert wanted >= {*shared, *(image for ids in own.values() for image in ids)}
