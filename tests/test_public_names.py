import inspect

import pytest

import linnet
from linnet.cli import COMMANDS


def test_the_face_is_sorted_and_complete():
    assert linnet.__all__ == sorted(linnet.__all__)
    assert set(COMMANDS) <= set(linnet.__all__)


@pytest.mark.parametrize("name", linnet.__all__)
def test_every_public_name_exists_and_says_what_it_is(name):
    thing = getattr(linnet, name)
    assert inspect.getdoc(thing)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_verbs_are_functions_with_full_annotations(name):
    verb = getattr(linnet, name)
    assert inspect.isfunction(verb)
    signature = inspect.signature(verb)
    assert signature.return_annotation is not inspect.Signature.empty
    assert all(p.annotation is not inspect.Parameter.empty for p in signature.parameters.values())


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="climbb"):
        _ = linnet.climbb


def test_dir_shows_the_verbs():
    assert set(linnet.__all__) <= set(dir(linnet))
