import pytest
import torch

from linnet.training.threads import WORTH_SHARING, threads_for


@pytest.fixture(autouse=True)
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_small_products_stay_on_one_core_and_the_others_come_back():
    with threads_for(WORTH_SHARING - 1):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 2


def test_large_products_keep_all_cores():
    with threads_for(WORTH_SHARING):
        assert torch.get_num_threads() == 2
    assert torch.get_num_threads() == 2


def test_the_cores_come_back_after_an_error():
    with pytest.raises(KeyboardInterrupt), threads_for(1):
        raise KeyboardInterrupt
    assert torch.get_num_threads() == 2


def test_one_core_inside_another_changes_nothing():
    with threads_for(1), threads_for(WORTH_SHARING):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 2
