"""A later reading takes over what a run's data were, and refuses anything that is not as it was."""

from dataclasses import replace

import numpy as np
import pytest

from linnet.datasets.splitting.marking import Wanted
from linnet.datasets.splitting.taking_over import Before, take_over
from linnet.errors import DataError
from linnet.records.experiment import Protocol
from linnet.records.manifest import Manifest, texts_of


def table(labels, *, ids=None, **columns):
    n = len(labels)
    texts = {"split": [""] * n, "group": [""] * n, "status": ["used"] * n, "reason": [""] * n} | columns
    texts.setdefault("content_hash", [f"{i:04x}" for i in range(n)])
    ids = [f"p{i}" for i in range(n)] if ids is None else ids
    fold = np.full(n, -1, dtype=np.int64)
    return Manifest(
        id=texts_of(ids), label=texts_of(list(labels)), fold=fold, **{name: texts_of(v) for name, v in texts.items()}
    )


def taken(after, before, *, rows=None, class_names=("a", "b"), then=(), **protocol):
    """Take over, where these rows would be used today; `then` are the classes of the run."""
    rows = np.arange(len(after)) if rows is None else np.array(rows)
    nothing = np.zeros(len(rows), dtype=np.int64)
    wanted = Wanted(rows=rows, labels=nothing, sides=nothing, class_names=class_names, protocol=Protocol(**protocol))
    return take_over(after, wanted, Before(manifest=before, class_names=then))


def refused(*args, **more):
    with pytest.raises(DataError) as caught:
        taken(*args, **more)
    said = str(caught.value)
    start, end = "The data are not those of the run any more: ", "; bring them back as they were, or start a new run."
    assert said.startswith(start)
    assert said.endswith(end)
    return said.removeprefix(start).removesuffix(end)


def test_splits_folds_and_statuses_are_those_of_the_run():
    before = replace(
        table("abb", split=["train", "test", ""], status=["used", "used", "duplicate"], reason=["", "", "of p1"]),
        fold=np.array([1, -1, -1]),
    )
    found = taken(table("abb"), before, rows=[0, 1])
    for name in ("split", "fold", "status", "reason"):
        assert getattr(found, name).tolist() == getattr(before, name).tolist()


def test_changed_gone_and_new_files_are_told_apart():
    before = table("abb", split=["train", "test", "train"])
    after = table("abb", ids=["p0", "p1", "p3"], content_hash=["0000", "ffff", "0002"])
    assert refused(after, before) == "1 changed (p1); 1 gone (p2); 1 new (p3)"


def test_other_labels_are_counted_and_the_first_ones_named():
    before = table("aaaab", split=["train"] * 5)
    assert refused(table("bbbbb"), before) == (
        "4 with another label (p0 from a to b, p1 from a to b, p2 from a to b and 1 more)"
    )


def test_a_label_that_brings_a_picture_into_the_chosen_classes_counts():
    before = table("abz", split=["train", "train", ""])
    assert refused(table("abb"), before) == "1 with another label (p2 from z to b)"
    assert refused(table("azz"), before, rows=[0]) == "1 with another label (p1 from b to z)"


def test_labels_of_pictures_that_nothing_uses_may_change():
    before = table("abz", split=["train", "test", ""])
    assert taken(table("aby"), before, rows=[0, 1]).split.tolist() == ["train", "test", ""]


def test_a_picture_that_could_not_be_read_then_stays_out():
    before = table(
        "abb", split=["train", "test", ""], content_hash=["00", "01", ""], status=["used"] * 2 + ["unreadable"]
    )
    after = table("abb", split=["train", "test", "train"], content_hash=["00", "01", "02"])
    found = taken(after, before)
    assert found.split.tolist() == ["train", "test", ""]
    assert found.status[2] == "unreadable"


def test_other_groups_are_noticed():
    before = table("ab", split=["train", "test"], group=["", "g1"])
    assert refused(table("ab", group=["g1", ""]), before) == (
        "2 with another group (p0 from none to g1, p1 from g1 to none)"
    )


def test_another_given_split_is_noticed_and_one_that_linnet_made_is_none():
    before = table("abab", split=["train", "valid", "test", "test"])
    given = ["train", "train", "test", "test"]
    assert taken(table("abab", split=given), before).split.tolist() == before.split.tolist()
    assert taken(table("abab"), before).split.tolist() == before.split.tolist()
    for now in ("train", ""):
        found = refused(table("abab", split=[*given[:3], now]), before)
        assert found == f"1 with another split (p3 from test to {now or 'none'})"
    found = refused(table("abab", split=["test", "train", "test", "test"]), before)
    assert found == "1 with another split (p0 from train to test)"


def test_classes_and_their_order_are_as_they_were():
    before = table("ab", split=["train", "test"])
    said = "the classes are a, b, c and were a, b"
    assert refused(table("ab"), before, class_names=("a", "b", "c"), then=("a", "b")) == said
    said = "the classes are b, a and were a, b"
    assert refused(table("ab"), before, class_names=("b", "a"), then=("a", "b")) == said
    taken(table("ab"), before, class_names=("a", "b"), then=("a", "b"))


def test_another_order_of_files_is_noticed():
    before = table("aab", split=["train"] * 3)
    after = table("aab", ids=["p0", "p2", "p1"], content_hash=["0000", "0002", "0001"])
    after = replace(after, label=texts_of(["a", "b", "a"]))
    assert refused(after, before) == "the order is another from p2 on"
