"""A finished run on the built-in digits, which the commands are tried on."""

import pytest

from linnet import cli


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("LINNET_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "digits"
    words = ["climb", "digits[3,8]", "--rungs", "majority,least-squares", "--out", str(folder)]
    assert cli.run(words) == 0
    return folder


@pytest.fixture
def command(capsys):
    """Run a command line; return its exit code, standard output and standard error."""

    def run(*words):
        capsys.readouterr()
        code = cli.run([str(word) for word in words])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return run
