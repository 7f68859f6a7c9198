import json

from PIL import Image


def test_counts_are_shown_per_class_and_split(command):
    code, out, _ = command("inspect", "digits[3,8]")
    assert code == 0
    assert "1 x 8 x 8" in out
    assert "train" in out
    assert "357 used, 1440 ignored" in out


def test_json_has_the_facts(command):
    code, out, _ = command("inspect", "digits[3,8]", "--json")
    facts = json.loads(out)
    assert code == 0
    assert facts["class_names"] == ["3", "8"]
    assert sum(facts["class_counts"]["train"].values()) > 200


def test_the_manifest_is_written_where_told(command, tmp_path):
    assert command("inspect", "digits[3,8]", "--folds", "3", "--out", tmp_path / "facts")[0] == 0
    assert (tmp_path / "facts" / "manifest.csv").read_text(encoding="utf-8").startswith("id,label,split,fold")


def test_what_an_augmentation_does_is_drawn_into_the_new_folder(command, tmp_path):
    out = tmp_path / "facts"
    code, shown, _ = command("inspect", "digits[3,8]", "--augment", "rotate,noise", "--out", out)
    assert code == 0
    assert str(out / "augmented.png") in shown
    # Eight pictures and nine columns of 8 x 8 enlarged to 64, with gaps of 2.
    with Image.open(out / "augmented.png") as sheet:
        assert sheet.size == (9 * 66 + 2, 8 * 66 + 2)
    assert (out / "manifest.csv").exists()


def test_without_a_folder_the_sheet_is_written_here_once(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, _ = command("inspect", "digits[3,8]", "--folds", "3", "--augment", "light", "--json")
    assert (code, json.loads(out)["augmented"]) == (0, "augmented.png")
    before = (tmp_path / "augmented.png").read_bytes()
    code, _, err = command("inspect", "digits[3,8]", "--augment", "flip")
    assert code == 1
    assert "augmented.png exists already and is left as it is" in err
    assert (tmp_path / "augmented.png").read_bytes() == before


def test_a_wrong_augmentation_is_refused_before_any_data_is_read(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, _, err = command("inspect", "no-such-folder", "--augment", "pad-crop(padding=-1)")
    assert code == 1
    assert "padding" in err
    assert "no-such-folder" not in err
    assert list(tmp_path.iterdir()) == []


def test_auto_says_what_it_is_for_these_pictures_and_draws_it(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, said = command("inspect", "digits[3,8]", "--augment", "auto")
    assert code == 0
    # Mirrored threes and eights are none.
    assert "Augmented by pad-crop(padding=1):" in out
    assert "Flips are off" in said
    assert (tmp_path / "augmented.png").exists()
    found = json.loads(command("inspect", "digits[3,8]", "--augment", "auto", "--out", "facts", "--json")[1])
    assert found["augmentation"] == "pad-crop(padding=1)"
