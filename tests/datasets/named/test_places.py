import os
from pathlib import Path

from linnet.datasets.named.places import cache_folder, places


def test_the_cache_can_be_chosen(monkeypatch, tmp_path):
    monkeypatch.setenv("LINNET_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path


def test_the_cache_has_a_place_by_default(monkeypatch):
    monkeypatch.delenv("LINNET_CACHE", raising=False)
    assert cache_folder().is_absolute()
    assert "linnet" in str(cache_folder()).lower()


def test_a_home_folder_may_be_written_with_a_tilde(monkeypatch):
    monkeypatch.setenv("LINNET_CACHE", "~/somewhere")
    assert cache_folder() == Path.home() / "somewhere"


def test_chosen_places_come_first_in_their_order(monkeypatch, tmp_path):
    monkeypatch.setenv("LINNET_DATA", os.pathsep.join([str(tmp_path / "b"), str(tmp_path / "a")]))
    assert places()[:2] == (tmp_path / "b", tmp_path / "a")


def test_downloads_come_last(monkeypatch, tmp_path):
    monkeypatch.setenv("LINNET_CACHE", str(tmp_path))
    monkeypatch.delenv("LINNET_DATA", raising=False)
    assert places()[-1] == tmp_path / "datasets"


def test_torchvisions_cache_follows_its_variable(monkeypatch, tmp_path):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    assert tmp_path / "datasets" / "vision" in places()


def test_system_places_follow_the_desktop_standard(monkeypatch, tmp_path):
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_DATA_DIRS", f"{tmp_path}/x:{tmp_path}/y")
    assert tmp_path / "y" / "datasets" in places()


def test_windows_has_a_system_place_too(monkeypatch):
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setenv("PROGRAMDATA", "/programs")
    assert Path("/programs/datasets") in places()
