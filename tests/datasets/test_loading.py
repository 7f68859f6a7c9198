from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from linnet.datasets.loading import load, load_again, load_for
from linnet.errors import DataError, RunError
from linnet.evaluation.facts import data_facts
from linnet.records.experiment import DataSpec, Experiment, Protocol
from linnet.records.run import Run
from listening import Heard


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("LINNET_CACHE", str(tmp_path / "cache"))


def save(path, seed, size=(8, 8)):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, size, dtype=np.uint8)
    Image.fromarray(pixels).save(path)


@pytest.fixture
def folder(tmp_path):
    for kind, name in enumerate(("10", "2", "1")):
        for i in range(20):
            save(tmp_path / "data" / name / f"{i}.png", 100 * kind + i)
    return tmp_path / "data"


def loaded(folder, **protocol):
    return load(DataSpec(source=str(folder)), Protocol(**protocol), seed=0)


def test_classes_stand_in_natural_order(folder):
    assert loaded(folder).everything.class_names == ("1", "2", "10")


def test_splits_share_pixels_and_cover_everything_once(folder):
    data = loaded(folder)
    parts = [data.part(split) for split in ("train", "valid", "test")]
    assert sum(map(len, parts)) == len(data.everything) == 60
    assert len(set(np.concatenate([part.ids for part in parts]).tolist())) == 60
    assert all(part.pixels is data.everything.pixels for part in parts)


def test_labels_follow_the_pictures(folder):
    data = loaded(folder)
    for part in (data.part("train"), data.part("test")):
        names = [part.class_names[label] for label in part.labels.tolist()]
        assert names == [image_id.partition("/")[0] for image_id in part.ids.tolist()]


def test_folds_give_pairs_that_do_not_overlap(folder):
    data = loaded(folder, folds=4)
    pairs = data.parts()
    assert len(pairs) == 4
    for train, valid in pairs:
        assert not set(train.ids.tolist()) & set(valid.ids.tolist())
        assert not set(train.ids.tolist()) & set(data.part("test").ids.tolist())
    assert sorted(np.concatenate([valid.ids for _, valid in pairs]).tolist()) == sorted(data.development().ids.tolist())


def test_copies_stay_on_one_side_and_are_listed(folder):
    for i in range(8):
        original = folder / "2" / f"{i}.png"
        (folder / "2" / f"copy-{i}.png").write_bytes(original.read_bytes())
    data = loaded(folder)
    split = dict(zip(data.manifest.id.tolist(), data.manifest.split.tolist(), strict=True))
    assert all(split[f"2/{i}.png"] == split[f"2/copy-{i}.png"] for i in range(8))
    assert data.manifest.counts() == {"used": 60, "duplicate": 8}
    assert any("copies" in sentence for sentence in data.messages)


def test_the_same_picture_with_two_labels_is_a_conflict(folder):
    (folder / "1" / "odd.png").write_bytes((folder / "2" / "0.png").read_bytes())
    data = loaded(folder)
    assert data.manifest.counts()["conflicting"] == 2
    assert data.duplicates["conflicting"] == 2


def test_dropped_copies_are_in_no_split(folder):
    (folder / "2" / "copy.png").write_bytes((folder / "2" / "0.png").read_bytes())
    data = load(DataSpec(source=str(folder), drop=("duplicates",)), Protocol(), seed=0)
    assert len(data.everything) == 60
    assert data.manifest.split[data.manifest.status == "duplicate"].tolist() == [""]


def test_a_group_in_two_given_splits_is_said_and_counted(folder):
    rows = ["path,label,split,group"]
    for name in ("1", "2"):
        rows += [f"{name}/{i}.png,{name},{'test' if i < 5 else 'train'},patient-{i % 8}" for i in range(20)]
    (folder / "table.csv").write_text("\n".join(rows) + "\n")
    heard = Heard()
    data = load(DataSpec(source=str(folder / "table.csv")), Protocol(), seed=0, progress=heard)
    (said,) = (sentence for sentence in data.messages if "group" in sentence)
    assert said.startswith("10 of 10 test pictures are of a group that train has as well (patient-0, patient-1,")
    assert said in heard.said
    assert data.duplicates["group_leaks"] == {"train-test": 10}
    assert data.duplicates["leaks"] == {}
    # What Linnet cuts from training itself keeps groups whole, also those that are in test.
    assert set(data.manifest.split[data.manifest.group == "patient-3"].tolist()) == {"train", "test"}


def test_an_empty_class_stays_a_class(folder):
    (folder / "3").mkdir()
    data = loaded(folder)
    assert data.everything.class_names == ("1", "2", "3", "10")
    assert any("3" in sentence for sentence in data.messages)


def test_a_chosen_class_that_is_not_there_is_named(folder):
    with pytest.raises(DataError, match="'7'"):
        loaded(f"{folder}[1,7]")


def test_chosen_classes_are_renumbered_in_the_order_given(folder):
    data = loaded(f"{folder}[10,1]")
    assert data.everything.class_names == ("10", "1")
    first = data.everything.ids[data.everything.labels.numpy() == 0]
    assert all(image_id.startswith("10/") for image_id in first.tolist())


def test_one_class_with_pictures_is_refused(tmp_path):
    save(tmp_path / "data" / "cat" / "a.png", 0)
    (tmp_path / "data" / "dog").mkdir()
    with pytest.raises(DataError, match="at least two classes"):
        loaded(tmp_path / "data")


def test_chosen_classes_without_a_picture_are_refused(folder):
    for name in ("c", "d"):
        (folder / name).mkdir()
    with pytest.raises(DataError, match=r"at least two classes; none of c, d has any; put pictures there\.$"):
        loaded(f"{folder}[c,d]")
    with pytest.raises(DataError, match="only '2' has any"):
        loaded(f"{folder}[c,2]")


@pytest.mark.parametrize(("own", "left"), [(3, "only 'a' has any"), (0, "none of a, b has any")])
def test_one_class_that_dropping_leaves_is_refused(tmp_path, own, left):
    for i in range(3):
        for name in "ab":
            save(tmp_path / "data" / name / f"{i}.png", i)
    for i in range(own):
        save(tmp_path / "data" / "a" / f"own-{i}.png", 100 + i)
    spec = DataSpec(source=str(tmp_path / "data"), drop=("conflicting",))
    with pytest.raises(DataError, match=f"with --drop conflicting {left}; drop less, or "):
        load(spec, Protocol(), seed=0)


def test_loading_again_is_the_same_to_the_bit(folder):
    one, two = loaded(folder), loaded(folder)
    assert torch.equal(one.everything.images, two.everything.images)
    assert one.split.tolist() == two.split.tolist()
    assert one.split_hash() == two.split_hash()


def test_rows_are_found_by_id(folder):
    data = loaded(folder)
    assert data.everything.ids[data.row_of("2/3.png")] == "2/3.png"


def test_data_that_a_run_has_not_written_down_yet_are_read_for_the_first_time(folder, tmp_path):
    asked = Experiment(command="climb", data=DataSpec(source=str(folder)), rungs=("knn",))
    run = Run.create(tmp_path / "run", asked)
    first = load_again(run)
    assert first.split.tolist() == loaded(folder).split.tolist()
    changed = replace(first.manifest, split=np.where(first.manifest.split == "test", "train", "test"))
    changed.write(run.folder / "manifest.csv")
    assert load_again(run).split.tolist() == changed.split.tolist()


def test_a_run_with_rungs_and_without_a_manifest_is_damaged(folder, tmp_path):
    asked = Experiment(command="climb", data=DataSpec(source=str(folder)), rungs=("knn",))
    run = Run.create(tmp_path / "run", asked)
    run.rung_folder("knn").mkdir(parents=True)
    (run.rung_folder("knn") / "selection.csv").write_text("")
    with pytest.raises(RunError, match=r"manifest\.csv"):
        load_again(run)


def test_a_file_that_could_not_be_read_once_changes_nothing_for_the_run(folder, tmp_path):
    save(folder / "2" / "other.png", 7, size=(8, 8, 3))  # the only one in color
    whole = (folder / "2" / "other.png").read_bytes()
    (folder / "2" / "other.png").write_bytes(b"")
    run = Run.create(tmp_path / "run", Experiment(command="climb", data=DataSpec(source=str(folder)), rungs=("knn",)))
    first = load_again(run)
    # As if the disk had failed: then there is no content hash.
    empty = first.manifest.id == "2/other.png"
    hashes = np.where(empty, "", first.manifest.content_hash)
    replace(first.manifest, content_hash=hashes).write(run.folder / "manifest.csv")
    data_facts(first).write(run.folder / "data.json")
    (folder / "2" / "other.png").write_bytes(whole)
    again = load_again(run)
    assert first.geometry == again.geometry != loaded(folder).geometry
    assert again.everything.ids.tolist() == first.everything.ids.tolist()
    assert torch.equal(again.everything.images, first.everything.images)


def test_what_is_said_of_given_splits_is_said_again_when_a_run_goes_on(folder, tmp_path):
    for i in range(72):
        split = "test" if i % 3 == 2 else "train"
        save(tmp_path / "given" / split / "ab"[i % 2] / f"{i}.png", 1000 + i)
    run = Run.create(
        tmp_path / "run", Experiment(command="climb", data=DataSpec(source=str(tmp_path / "given")), rungs=("knn",))
    )
    first = load_again(run)
    assert any("no validation split" in sentence for sentence in first.messages)
    first.manifest.write(run.folder / "manifest.csv")
    heard = Heard()
    assert load_again(run, progress=heard).messages == first.messages
    assert set(first.messages) <= set(heard.said)


GRAY = {"channels": 1, "height": 8, "width": 8, "fit": "crop"}


def loaded_for(folder, *class_names, geometry=GRAY, **more):
    return load_for(DataSpec(source=str(folder)), class_names=class_names, geometry=geometry, **more)


def test_for_a_model_pictures_come_in_its_geometry_and_class_order(folder):
    geometry = {"channels": 3, "height": 5, "width": 7, "fit": "squash"}
    data = loaded_for(folder, "10", "ghost", "2", geometry=geometry).data
    assert data.image_shape == (3, 5, 7)
    assert data.class_names == ("10", "ghost", "2")
    assert len(data) == 40
    assert {image_id.partition("/")[0] for image_id in data.ids[data.labels.numpy() == 2].tolist()} == {"2"}


@pytest.mark.parametrize("order", [("1", "2", "10"), ("10", "1", "2"), ("2", "10", "1")])
def test_for_a_model_labels_follow_names_whatever_the_order(folder, order):
    found = loaded_for(folder, *order)
    names = [found.data.class_names[label] for label in found.data.labels.tolist()]
    assert names == [image_id.partition("/")[0] for image_id in found.data.ids.tolist()]
    assert len(names) == found.matching.n_scored == 60
    assert found.matching.sentences() == ()


def test_for_a_model_missing_and_unknown_classes_are_counted_named_and_said(folder):
    (folder / "empty").mkdir()
    (folder / "2" / "broken.png").write_bytes(b"no picture")
    heard = Heard()
    found = loaded_for(folder, "10", "ghost", "empty", "2", progress=heard)
    matching = found.matching
    assert (matching.n_scored, matching.unknown, matching.missing) == (40, {"1": 20}, ("ghost", "empty"))
    assert (matching.n_unreadable, matching.n_learned_from) == (1, 0)
    assert set(matching.sentences()) <= set(heard.said)
    table = found.manifest
    assert set(table.label[table.split == "test"].tolist()) == {"2", "10"}
    assert set(table.reason[(table.label == "1")].tolist()) == {"of a class unknown to the run"}
    assert table.counts() == {"used": 40, "ignored": 20, "unreadable": 1}


def test_for_a_model_pictures_of_its_run_are_counted(folder):
    run = loaded(folder)
    found = loaded_for(folder, "1", "2", "10", own=run.manifest)
    assert 0 < found.matching.n_learned_from == len(run.development()) < found.matching.n_scored == 60
    assert found.matching.n_of_test == len(run.part("test"))


def test_one_class_alone_can_be_scored(folder, tmp_path):
    for i in range(3):
        save(tmp_path / "alone" / "2" / f"{i}.png", i)
    found = loaded_for(tmp_path / "alone", "10", "2")
    assert found.data.labels.tolist() == [1, 1, 1]
    assert found.matching.missing == ("10",)


def test_a_known_class_without_pictures_is_refused(folder):
    (folder / "cat").mkdir()
    with pytest.raises(DataError, match="has no readable picture of a class that the run knows; these are cat, dog"):
        loaded_for(folder, "cat", "dog")


def test_no_common_class_is_refused(folder):
    geometry = {"channels": 1, "height": 8, "width": 8, "fit": "crop"}
    with pytest.raises(DataError, match="name the folders"):
        load_for(DataSpec(source=str(folder)), class_names=("cat", "dog"), geometry=geometry)
