"""Which rungs an entry of another family works on."""

from linnet import catalog
from linnet.classifiers.base import create
from linnet.classifiers.capabilities import Templated
from linnet.classifiers.requiring import Requiring

LINEAR = ("least-squares", "linear-svm", "softmax-regression")


class Any(Requiring):
    pass


class OfTemplates(Requiring):
    requires = Templated


def test_what_requires_nothing_works_on_every_rung():
    assert Any.supported() == catalog.names("classifiers")
    assert Any.supports(create("knn", {}))


def test_what_requires_something_works_on_the_rungs_that_can_do_it():
    assert OfTemplates.supported() == LINEAR
    assert OfTemplates.supports(create("linear-svm", {}))
    assert not OfTemplates.supports(create("knn", {}))
    assert not OfTemplates.supports(type(create("knn", {})))
