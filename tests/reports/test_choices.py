"""Which pictures a report shows: deterministic, varied, and few."""

import hashlib

import numpy as np
import pytest

from linnet.records.manifest import Manifest, texts_of
from linnet.records.predictions import Predictions
from linnet.reports.choices import pictures_wanted, sample_ids, worst_mistakes


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


def test_no_rung_adds_more_than_twelve_pictures():
    many = predictions_of([[0.1, 0.9]] * 40, [0] * 40)
    assert len(pictures_wanted(manifest_of(["a"]), ["a"], {"one": many})) == 1 + 12
