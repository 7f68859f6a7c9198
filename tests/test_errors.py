import inspect

import pytest

from linnet import errors
from linnet.errors import LinnetError, MissingExtraError, UnknownNameError, UnreadableImageError, nearest_name

ALL = [thing for _, thing in inspect.getmembers(errors, inspect.isclass) if issubclass(thing, Exception)]


@pytest.mark.parametrize("error", ALL, ids=lambda e: e.__name__)
def test_every_error_is_caught_by_the_root(error):
    assert issubclass(error, LinnetError)


@pytest.mark.parametrize("error", ALL, ids=lambda e: e.__name__)
def test_the_drawn_tree_shows_every_error_under_its_parent(error):
    lines = errors.__doc__.splitlines()
    drawn = {line.strip("│├└─ ").split(" ")[0]: line for line in lines if "Error" in line}
    assert error.__name__ in drawn
    depth = drawn[error.__name__].index(error.__name__) // 4
    assert depth == len([base for base in error.__mro__ if issubclass(base, LinnetError)]) - 1


def test_an_unknown_name_comes_with_the_nearest_known_one():
    error = UnknownNameError("classifier", "softmax-regresion", ["knn", "softmax-regression"])
    assert "did you mean 'softmax-regression'?" in str(error)
    assert "no classifier named 'softmax-regresion'" in str(error)
    assert error.known == ("knn", "softmax-regression")


def test_a_guess_looks_past_capital_letters():
    assert "did you mean 'CIFAR10'?" in str(UnknownNameError("data set", "cifar10", ["CIFAR10", "MNIST"]))


def test_of_two_names_that_differ_in_capitals_the_first_is_meant():
    assert nearest_name("cifer10", ["cifar10", "CIFAR10"]) == "cifar10"


def test_a_name_that_resembles_nothing_gets_the_list_without_a_guess():
    error = UnknownNameError("classifier", "zzzz", ["knn", "majority"])
    assert "did you mean" not in str(error)
    assert str(error).endswith("Known: knn, majority.")


def test_an_unreadable_image_carries_the_words_of_the_manifest():
    error = UnreadableImageError("its side is 100000 pixels", status="too large")
    assert (error.reason, error.status) == ("its side is 100000 pixels", "too large")
    assert UnreadableImageError("empty").status == "unreadable"


def test_a_missing_extra_says_what_to_install():
    assert "pip install 'linnet[clip]'" in str(MissingExtraError("open_clip", "clip"))
