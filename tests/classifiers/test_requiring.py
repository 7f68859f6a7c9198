"""Which rungs an entry of another family works on."""

import pytest

from linnet import catalog
from linnet.classifiers.base import create
from linnet.classifiers.capabilities import Templated
from linnet.classifiers.requiring import Requiring
from linnet.errors import UnsupportedError

LINEAR = ("least-squares", "linear-svm", "softmax-regression")


class Any(Requiring):
    pass


class OfTemplates(Requiring):
    requires = Templated
    instead = "Try knn-templates."


def test_what_requires_nothing_works_on_every_rung():
    assert Any.supported() == catalog.names("classifiers")
    assert Any.supports(create("knn", {}))


def test_what_requires_something_works_on_the_rungs_that_can_do_it():
    assert OfTemplates.supported() == LINEAR
    assert OfTemplates.supports(create("linear-svm", {}))
    assert not OfTemplates.supports(create("knn", {}))
    assert not OfTemplates.supports(type(create("knn", {})))


def test_a_rung_that_is_not_what_is_required_is_refused_with_those_that_are():
    with pytest.raises(UnsupportedError) as refusal:
        OfTemplates.check_supported(create("knn", {}))
    said = str(refusal.value)
    assert said.startswith(f"{OfTemplates.name()} wants a rung that is templated, and knn is not; ")
    assert said.endswith(f"{', '.join(LINEAR)} are. Try knn-templates.")
    OfTemplates.check_supported(create("linear-svm", {}))
    Any.check_supported(create("knn", {}))
