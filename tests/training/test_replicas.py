import torch
from torch import nn

from linnet.training.replicas import LocalProcesses, Replicas, connect


def test_the_processes_of_one_machine_are_described_without_a_word_in_the_environment():
    third = LocalProcesses(rank=2, count=4, port=4321)
    third.set_global_rank(0)
    third.set_world_size(1)
    assert (third.global_rank(), third.local_rank(), third.node_rank(), third.world_size()) == (2, 2, 0, 4)
    assert (third.main_address, third.main_port) == ("127.0.0.1", 4321)
    assert third.creates_processes_externally
    assert not LocalProcesses.detect()


def test_a_network_is_left_as_it_is():
    network = nn.Linear(2, 2)
    assert Replicas().setup_module(network) is network


def test_one_process_needs_no_group():
    fabric = connect("cpu", "32-true")
    assert fabric.world_size == 1
    assert not torch.distributed.is_initialized()
