import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linnet.errors import RunError
from linnet.records.manifest import SPLITS, STATUSES, Manifest, texts_of

# NumPy's text arrays drop trailing NULs, which no file name or label can have.
ODD = st.text(st.characters(exclude_characters="\0"), max_size=12) | st.sampled_from(
    ["a,b", 'the "owl"', "two\nlines", "carriage\rreturn", "Blässhuhn", "鳥/一.png", "עוף", "\udcff.png", "", " ", "'"]
)


def manifest_of(ids, **columns):
    n = len(ids)
    plain = dict.fromkeys(["label", "split", "group", "content_hash", "status", "reason"], [""] * n) | columns
    fold = np.array(plain.pop("fold", [-1] * n), dtype=np.int64)
    return Manifest(id=texts_of(ids), fold=fold, **{name: texts_of(values) for name, values in plain.items()})


@pytest.fixture
def manifest():
    return manifest_of(
        ["owl/1.png", "owl/2.png", "tit/1.png", "notes.txt", "tit/2.png"],
        label=["owl", "owl", "tit", "", "tit"],
        split=["train", "test", "train", "", "train"],
        fold=[0, -1, 1, -1, 0],
        status=["used", "used", "duplicate", "ignored", "used"],
    )


@given(
    rows=st.lists(
        st.tuples(ODD, ODD, st.sampled_from(["", *SPLITS]), st.integers(-1, 9), ODD, st.sampled_from(STATUSES), ODD),
        max_size=6,
    )
)
def test_a_manifest_comes_back_whatever_the_names(tmp_path_factory, rows):
    ids, label, split, fold, group, status, reason = zip(*rows, strict=True) if rows else [()] * 7
    written = manifest_of(ids, label=label, split=split, fold=fold, group=group, status=status, reason=reason)
    path = tmp_path_factory.getbasetemp() / "manifest.csv"
    written.write(path)
    back = Manifest.read(path)
    for name in ("id", "label", "split", "fold", "group", "content_hash", "status", "reason"):
        assert getattr(back, name).tolist() == getattr(written, name).tolist()


def test_no_fold_is_an_empty_field(tmp_path, manifest):
    manifest.write(tmp_path / "m.csv")
    lines = (tmp_path / "m.csv").read_text().splitlines()
    assert lines[0] == "id,label,split,fold,group,content_hash,status,reason"
    assert lines[1] == "owl/1.png,owl,train,0,,,used,"
    assert lines[2] == "owl/2.png,owl,test,,,,used,"


def test_rows_of_a_split_are_its_positions(manifest):
    assert manifest.rows(split="train").tolist() == [0, 2, 4]
    assert manifest.rows(split="valid").tolist() == []


def test_taking_rows_keeps_the_order_given(manifest):
    assert manifest.take(np.array([4, 0])).id.tolist() == ["tit/2.png", "owl/1.png"]
    assert manifest.take(manifest.label == "owl").fold.tolist() == [0, -1]


def test_statuses_are_counted_in_their_fixed_order(manifest):
    assert list(manifest.counts().items()) == [("used", 3), ("duplicate", 1), ("ignored", 1)]


def test_classes_are_counted_in_each_split_that_occurs(manifest):
    counts = manifest.class_counts(["owl", "tit", "emu"])
    assert counts == {"train": {"owl": 1, "tit": 2, "emu": 0}, "test": {"owl": 1, "tit": 0, "emu": 0}}


def test_an_empty_manifest_has_empty_columns(tmp_path):
    manifest_of([]).write(tmp_path / "m.csv")
    back = Manifest.read(tmp_path / "m.csv")
    assert len(back) == 0
    assert back.counts() == {}
    assert back.fold.dtype == np.int64


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(RunError, match="equally long"):
        manifest_of(["a", "b"], label=["owl"])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("id,label\na,b\n", "should have the columns id, label, split"),
        ("id,label,split,fold,group,content_hash,status,reason\na,b,train,x,,,used,\n", "no whole number"),
    ],
)
def test_a_damaged_manifest_is_refused(tmp_path, text, says):
    (tmp_path / "m.csv").write_text(text)
    with pytest.raises(RunError, match=says):
        Manifest.read(tmp_path / "m.csv")
