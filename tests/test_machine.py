import platform

import torch

from linnet.machine import describe_machine, processor_name


def test_versions_and_threads_are_those_of_this_process():
    found = describe_machine()
    assert found["torch"] == torch.__version__.partition("+")[0] or found["torch"] == torch.__version__
    assert found["python"] == platform.python_version()
    assert found["threads"] == str(torch.get_num_threads())


def test_everything_is_text_that_toml_can_hold():
    assert all(isinstance(value, str) and value for value in describe_machine().values())


def test_the_processor_has_a_name():
    assert processor_name().strip()
