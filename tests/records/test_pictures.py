import zipfile

import pytest

from linnet.errors import RunError
from linnet.records import pictures

SHOWN = {pictures.image_name("owl/1.png"): b"\x89PNG one", pictures.template_name("linear-svm", 3): b"\x89PNG two"}


def test_pictures_come_back_by_name(tmp_path):
    pictures.write(tmp_path / "pictures.zip", SHOWN)
    assert pictures.read(tmp_path / "pictures.zip") == SHOWN
    assert set(SHOWN) == {"images/owl/1.png.png", "templates/linear-svm/3.png"}


def test_the_same_pictures_make_the_same_bytes(tmp_path):
    pictures.write(tmp_path / "a.zip", SHOWN)
    pictures.write(tmp_path / "b.zip", dict(reversed(SHOWN.items())))
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


@pytest.mark.parametrize("name", ["鳥/一.png", "a b,c", 'the "owl"', "../up", "C:/x", "not\udcffunicode", "ä" * 200])
def test_odd_names_come_back(tmp_path, name):
    shown = {pictures.image_name(name): b"png"}
    pictures.write(tmp_path / "p.zip", shown)
    assert pictures.read(tmp_path / "p.zip") == shown


def test_any_unzip_program_can_open_the_file(tmp_path):
    pictures.write(tmp_path / "p.zip", SHOWN)
    with zipfile.ZipFile(tmp_path / "p.zip") as archive:
        assert archive.testzip() is None


def test_without_a_file_there_are_no_pictures(tmp_path):
    assert pictures.read(tmp_path / "none.zip") == {}


@pytest.mark.parametrize("data", [b"", b"no zip at all", b"PK\x03\x04"])
def test_a_damaged_file_is_refused(tmp_path, data):
    (tmp_path / "p.zip").write_bytes(data)
    with pytest.raises(RunError, match="should be a zip of pictures"):
        pictures.read(tmp_path / "p.zip")


def test_explanations_have_names_of_their_own():
    names = {pictures.explanation_name(rung, number) for rung in ("cnn", "cnn+views") for number in range(3)}
    assert len(names) == 6
    assert pictures.explanation_name("cnn", 2) == "explanations/cnn/2.png"


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\x10\0\0\0WAVE", "image/png"),
        (b"", "image/png"),
    ],
)
def test_the_kind_of_a_file_is_told_by_its_first_bytes(start, kind):
    assert pictures.media_type(start + b"and more") == kind
