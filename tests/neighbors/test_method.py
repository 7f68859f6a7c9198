import threading

import pytest
import torch

from linnet.neighbors.method import Workers


@pytest.mark.parametrize("most", [None, 1, 3, 100])
@pytest.mark.parametrize("n_rows", [1, 2, 10, 11])
@pytest.mark.parametrize("n_threads", [1, 2, 5])
def test_each_row_is_worked_on_once(n_threads, n_rows, most):
    rows, lock = [], threading.Lock()

    def work(part):
        with lock:
            rows.extend(range(part.start, part.stop))

    with Workers(n_threads) as workers:
        workers.share(n_rows, work, most=most)
    assert sorted(rows) == list(range(n_rows))


def test_ranges_are_as_long_as_asked_for():
    lengths = []
    with Workers(1) as workers:
        workers.share(10, lambda part: lengths.append(part.stop - part.start), most=4)
    assert lengths == [4, 4, 2]


def test_what_a_thread_raises_is_raised():
    def fail(part):
        raise ValueError("a bad row")

    with Workers(2) as workers, pytest.raises(ValueError, match="a bad row"):
        workers.share(5, fail)


def test_torch_has_one_thread_in_each_worker_and_all_elsewhere():
    before, inside, elsewhere = torch.get_num_threads(), [], []
    with Workers(2) as workers:
        workers.share(8, lambda part: inside.append(torch.get_num_threads()), most=1)
        other = threading.Thread(target=lambda: elsewhere.append(torch.get_num_threads()))
        other.start()
        other.join()
    assert set(inside) == {1}
    assert elsewhere == [before]
    assert torch.get_num_threads() == before
