import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from linnet import workbench
from linnet.classifiers.base import load
from linnet.errors import ConfigError, DataError, ImagesError, SealedError
from linnet.evaluation import picking
from linnet.records.experiment import DataSpec
from linnet.records.run import Run


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """A folder of photographs of odd sizes in two classes, saved as JPEG, which decoding may shrink."""
    folder, generator = tmp_path_factory.mktemp("photos"), np.random.default_rng(0)
    for level, name in ((70, "dark"), (180, "light")):
        (folder / name).mkdir()
        for i in range(12):
            pixels = generator.normal(level, 20, (40 + i, 60, 3)).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{i}.jpg")
    return folder


@pytest.fixture(scope="module")
def run(pictures, tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setenv("LINNET_CACHE", str(tmp_path_factory.mktemp("cache")))
    spec = DataSpec(source=str(pictures), size=16)
    yield workbench.climb(spec, rungs=("majority", "least-squares"), out=tmp_path_factory.mktemp("runs") / "run")
    patch.undo()


@pytest.fixture
def data(run):
    return picking.RunData(run)


def test_a_file_becomes_the_very_pixels_that_training_saw(data, pictures):
    everything = data.loaded.everything
    for image_id in everything.ids[:6].tolist():
        (picked,), left_out = picking.pick([str(pictures / image_id)], data)
        (same,), _ = picking.pick([image_id], data)
        wanted = everything.images[data.loaded.row_of(image_id)].numpy()
        assert (picked.pixels == wanted).all()
        assert (same.pixels == wanted).all()
        assert (picked.label, same.label) == ("", image_id.split("/")[0])
        assert left_out == []


def test_a_picture_of_another_kind_is_brought_to_the_runs_geometry(data, tmp_path):
    Image.fromarray(np.zeros((9, 70), dtype=np.uint8)).save(tmp_path / "gray.gif")
    (picked,), _ = picking.pick([str(tmp_path / "gray.gif")], data)
    assert picked.pixels.shape == (3, 16, 16)
    assert picked.pixels.dtype == np.uint8


def test_a_folder_gives_its_pictures_in_order_and_says_what_is_broken(data, tmp_path):
    for name in ("b.png", "a.png"):
        Image.fromarray(np.zeros((9, 9), dtype=np.uint8)).save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no picture, and nobody said so")
    (tmp_path / ".hidden").write_text("x")
    (tmp_path / "broken.png").write_bytes((tmp_path / "a.png").read_bytes()[:40])
    found, left_out = picking.pick([str(tmp_path)], data)
    assert [picked.name for picked in found] == [str(tmp_path / "a.png"), str(tmp_path / "b.png")]
    (sentence,) = left_out
    assert "broken.png is left out" in sentence


def test_a_folder_without_a_picture_is_refused(data, tmp_path):
    (tmp_path / "notes.txt").write_text("nothing here")
    with pytest.raises(DataError, match="holds no usable picture"):
        picking.pick([str(tmp_path)], data)


def test_a_picture_named_twice_is_picked_once(data):
    image_id = str(data.loaded.everything.ids[0])
    assert len(picking.pick([image_id, image_id], data)[0]) == 1


@pytest.mark.parametrize("content", [b"", b"plain text", b"\x89PNG\r\n\x1a\n broken"])
def test_a_broken_file_is_refused_by_name(data, tmp_path, content):
    (tmp_path / "x.png").write_bytes(content)
    with pytest.raises(ImagesError, match=r"x\.png is no usable picture"):
        picking.pick([str(tmp_path / "x.png")], data)


def test_what_is_neither_a_file_nor_an_id_is_refused(data):
    with pytest.raises(DataError, match=r"no picture of that id in .*manifest\.csv"):
        picking.pick(["owl.png"], data)


def test_no_picture_and_too_many_are_refused(data, pictures, monkeypatch):
    with pytest.raises(ConfigError, match="No picture was named"):
        picking.pick([], data)
    monkeypatch.setattr(picking, "MOST", 3)
    with pytest.raises(ConfigError, match="At most 3 pictures"):
        picking.pick([str(pictures)], data)
    with pytest.raises(ConfigError, match="At most 3 pictures"):
        picking.pick([str(pictures / "dark" / f"{i}.jpg") for i in range(4)], data)


def test_test_pictures_stay_sealed_until_the_run_is_finished(run, data, pictures, tmp_path):
    test_id = str(data.loaded.part("test").ids[0])
    assert picking.pick([test_id], data)[0][0].name == test_id
    sealed = tmp_path / "sealed"
    sealed.mkdir()
    for name in ("experiment.toml", "manifest.csv", "data.json"):
        (sealed / name).write_bytes((run.folder / name).read_bytes())
    # An opening that was interrupted has told nothing, and so it stays.
    (sealed / "ledger.jsonl").write_bytes((run.folder / "ledger.jsonl").read_bytes())
    train_id = str(data.loaded.part("train").ids[0])
    file = tmp_path / "holiday" / "photo.jpg"
    file.parent.mkdir()
    file.write_bytes((pictures / test_id).read_bytes())
    for wanted in (test_id, str(pictures / test_id), str(file), str(file.parent), str(pictures)):
        with pytest.raises(SealedError, match="stays sealed until the run came to its end"):
            picking.pick([wanted], picking.RunData(Run(sealed)))
        assert picking.pick([wanted], data)[0]
    assert picking.pick([str(pictures / train_id)], picking.RunData(Run(sealed)))[0][0].pixels.shape == (3, 16, 16)


def test_a_picture_that_was_dropped_is_refused_with_its_reason(run, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    for name in ("experiment.toml", "data.json"):
        (folder / name).write_bytes((run.folder / name).read_bytes())
    manifest = run.manifest
    columns = {
        name: np.array(["" if name == "split" else "same as x", *getattr(manifest, name)[1:]])
        for name in ("split", "reason")
    }
    replace(manifest, **columns).write(folder / "manifest.csv")
    with pytest.raises(DataError, match=r"is in no split of .* \(same as"):
        picking.pick([str(manifest.id[0])], picking.RunData(Run(folder)))


def test_data_that_are_gone_are_missed_only_when_they_are_asked_for(run, pictures, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    for name in ("manifest.csv", "data.json"):
        (folder / name).write_bytes((run.folder / name).read_bytes())
    text = (run.folder / "experiment.toml").read_text(encoding="utf-8")
    (folder / "experiment.toml").write_text(text.replace(pictures.name, "gone"), encoding="utf-8")
    data = picking.RunData(Run(folder))
    assert len(picking.pick([str(pictures / "dark" / "0.jpg")], data)[0]) == 1
    with pytest.raises(DataError, match="cannot be read, since the data of"):
        picking.pick(["dark/0.jpg"], data)


def test_a_rung_learned_from_validation_pictures_too_unless_they_decided_something(run, data, monkeypatch):
    classifier = load(run.rung_folder("least-squares"))
    n_train, n_valid = len(data.loaded.part("train")), len(data.loaded.part("valid"))
    assert len(data.learned_from(classifier)) == n_train + n_valid
    monkeypatch.setattr(type(classifier), "needs_valid", True)
    assert len(data.learned_from(classifier)) == n_train


def test_data_are_read_once_and_only_when_asked_for(run, monkeypatch, pictures):
    calls = []
    real = picking.loading.load
    monkeypatch.setattr(picking.loading, "load", lambda *args, **more: calls.append(1) or real(*args, **more))
    data = picking.RunData(run)
    picking.pick([str(pictures / "dark" / "0.jpg")], data)
    assert calls == []
    picking.pick(["dark/0.jpg", "dark/1.jpg"], data)
    assert calls == [1]


def test_a_picture_without_a_file_name_ending_is_read_by_its_content(data, tmp_path):
    file = io.BytesIO()
    Image.fromarray(np.zeros((9, 9), dtype=np.uint8)).save(file, format="BMP")
    (tmp_path / "picture").write_bytes(file.getvalue())
    assert picking.pick([str(tmp_path / "picture")], data)[0][0].pixels.shape == (3, 16, 16)
