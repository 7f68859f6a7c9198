"""A folder of pictures and runs on it, for all tests of the verbs."""

import os

import pytest

import linnet
from climbs import QUICK, write_pictures
from linnet.evaluation import climbing
from linnet.records.run import Run
from panels import in_catalog


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("LINNET_CACHE", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setenv("LINNET_DATA", "")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return write_pictures(tmp_path_factory.mktemp("data") / "pictures")


@pytest.fixture(scope="module")
def finished(tmp_path_factory, pictures):
    os.environ["LINNET_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    return linnet.climb(pictures, rungs=QUICK, out=tmp_path_factory.mktemp("runs") / "run")


@pytest.fixture
def stopped(pictures, tmp_path, monkeypatch):
    """A climb of three rungs that was stopped after the first."""
    real = climbing._climb_rung

    def stopping(run, name, *rest):
        if name == "knn":
            raise KeyboardInterrupt
        real(run, name, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(climbing, "_climb_rung", stopping)
        with pytest.raises(KeyboardInterrupt):
            linnet.climb(pictures, rungs=["majority", "knn", "least-squares"], out=tmp_path / "stopped")
    return Run.open(tmp_path / "stopped")


@pytest.fixture
def entries(monkeypatch):
    in_catalog(monkeypatch)
