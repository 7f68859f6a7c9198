import os
import subprocess
import sys

import numpy as np
import pytest

from deadly import DeadlyReader
from linnet.datasets.packing import workers as module
from linnet.datasets.packing.decoding import Job
from linnet.datasets.packing.workers import Workers, n_cores
from linnet.datasets.sources.reading import FolderReader
from linnet.images import Geometry, read
from pictures import picture, write_tree

SQUARE = Geometry(channels=3, height=8, width=8)


def jobs(folder, n, size):
    """Files 0.png to n - 1, in jobs of a size."""
    write_tree(folder, {f"{i}.png": picture(i) for i in range(n)})
    path = folder / "pixels.bin"
    path.write_bytes(b"")
    return [
        Job(
            ids=tuple(f"{i}.png" for i in range(k, min(n, k + size))),
            first_row=k,
            geometry=SQUARE,
            exact=False,
            path=path,
        )
        for k in range(0, n, size)
    ]


def outcomes(found):
    return [outcome for _, part in sorted(found) for outcome in part]


def check_pixels(folder, n, missing=()):
    pixels = np.fromfile(folder / "pixels.bin", dtype=np.uint8).reshape(n, 8 * 8 * 3)
    for i in set(range(n)) - set(missing):
        np.testing.assert_array_equal(pixels[i], read(picture(i), SQUARE).flatten())


def test_jobs_are_done_by_several_processes(tmp_path):
    todo = jobs(tmp_path, 20, 3)
    with Workers() as workers:
        workers.start(2)
        found = outcomes(workers.run(todo, FolderReader(tmp_path)))
    assert all(outcome.stored for outcome in found)
    assert len(found) == 20
    check_pixels(tmp_path, 20)


def test_no_jobs_need_no_process():
    with Workers() as workers:
        assert list(workers.run([], FolderReader(None))) == []


def test_the_same_workers_take_another_reader(tmp_path):
    with Workers() as workers:
        for name in ("a", "b"):
            todo = jobs(tmp_path / name, 4, 2)
            assert all(o.stored for o in outcomes(workers.run(todo, FolderReader(tmp_path / name))))


@pytest.mark.skipif(sys.platform == "win32", reason="signals end processes otherwise there")
def test_a_file_that_kills_its_process_costs_nothing_else(tmp_path):
    todo = jobs(tmp_path, 12, 4)
    deadly = DeadlyReader(FolderReader(tmp_path), "5.png", os.getpid())
    with Workers() as workers:
        workers.start(2)
        found = outcomes(workers.run(todo, deadly))
    assert [i for i, outcome in enumerate(found) if not outcome.stored] == [5]
    assert found[5].status == "unreadable"
    assert "killed" in found[5].reason
    assert not found[5].lasting
    check_pixels(tmp_path, 12, missing=[5])


def test_without_processes_the_work_is_done_here(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError("no processes here")

    monkeypatch.setattr("subprocess.Popen", refuse)
    todo = jobs(tmp_path, 5, 2)
    with Workers() as workers:
        assert all(o.stored for o in outcomes(workers.run(todo, FolderReader(tmp_path))))
    check_pixels(tmp_path, 5)


def test_processes_that_cannot_come_up_are_done_without(tmp_path, monkeypatch):
    monkeypatch.setattr(module.sys, "executable", "/bin/false" if os.name == "posix" else "hostname")
    todo = jobs(tmp_path, 5, 2)
    with Workers() as workers:
        assert all(o.stored for o in outcomes(workers.run(todo, FolderReader(tmp_path))))


def test_an_error_of_the_disk_comes_through(tmp_path):
    todo = jobs(tmp_path, 4, 2)
    (tmp_path / "pixels.bin").unlink()
    with pytest.raises(FileNotFoundError), Workers() as workers:
        list(workers.run(todo, FolderReader(tmp_path)))


def test_no_process_is_left_behind(tmp_path):
    todo = jobs(tmp_path, 4, 1)
    with Workers() as workers:
        workers.start(2)
        next(iter(workers.run(todo, FolderReader(tmp_path))))
        processes = [worker._process for worker in workers._all]
    assert all(process.poll() is not None for process in processes)


def test_an_interruption_ends_all_processes(tmp_path):
    workers = Workers()

    def interrupted():
        with workers:
            workers.start(2)
            for _ in workers.run(jobs(tmp_path, 40, 1), FolderReader(tmp_path)):
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert all(worker._process.poll() is not None for worker in workers._all)


def test_a_script_without_a_guard_is_not_run_again_by_each_process(tmp_path):
    jobs(tmp_path, 2, 1)
    (tmp_path / "script.py").write_text(
        """
from pathlib import Path
from linnet.datasets.packing.workers import Workers
from linnet.datasets.packing.decoding import Job
from linnet.datasets.sources.reading import FolderReader
from linnet.images import Geometry
here = Path(__file__).parent
job = dict(first_row=0, geometry=Geometry(channels=3, height=8, width=8), exact=False, path=here / "pixels.bin")
print("here")
with Workers() as workers:
    workers.start(2)
    print(len(list(workers.run([Job(ids=(f"{i}.png",), **job) for i in range(2)], FolderReader(here)))))
"""
    )
    done = subprocess.run([sys.executable, str(tmp_path / "script.py")], capture_output=True, text=True, check=True)
    assert done.stdout == "here\n2\n"


def test_there_is_at_least_one_core():
    assert n_cores() >= 1
