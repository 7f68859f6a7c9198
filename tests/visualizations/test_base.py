"""The shell around every visualization: what it checks, in which order, and what it says."""

from dataclasses import dataclass

import pytest
import torch

import toys
from linnet.classifiers.capabilities import Layered, Templated
from linnet.classifiers.least_squares import LeastSquares
from linnet.classifiers.majority import MajorityClassifier
from linnet.classifiers.mlp import MLP
from linnet.errors import ConfigError, ImagesError, NotFittedError, UnsupportedError
from linnet.visualizations.base import Panel, Subject, Visualization, images_of, training_of
from linnet.visualizations.receptive_field import ReceptiveField


@dataclass(frozen=True, kw_only=True)
class Counting(Visualization):
    """Draw nothing, and say how many pictures there were."""

    about = "a number"
    requires = Templated
    wants_images = True
    bars: int = 3

    def _draw(self, subject):
        return [Panel(name="one", title="One", caption=f"There are {len(subject.images)}.")]


@dataclass(frozen=True, kw_only=True)
class Learned(Visualization):
    """Want training pictures of any rung."""

    about = "nothing"
    wants_train = True

    def _draw(self, subject):
        return []


@pytest.fixture(scope="module")
def rung(toy_dataset):
    return LeastSquares().fit(toy_dataset)


class Listening:
    def __init__(self):
        self.heard = []

    def task(self, text, total=None):
        from linnet.progress import SILENT

        self.heard.append(text)
        return SILENT.task(text, total)

    def say(self, text):
        self.heard.append(text)


def test_panels_come_back_in_their_order_and_the_work_is_announced(rung, toy_dataset):
    progress = Listening()
    panels = Counting().draw(Subject(classifier=rung, images=toy_dataset.images[:5]), progress=progress)
    assert isinstance(panels, tuple)
    assert panels[0].caption == "There are 5."
    assert progress.heard == ["Drawing test-base of least-squares"]


def test_what_has_not_learned_is_refused_before_anything_else(toy_dataset):
    with pytest.raises(NotFittedError):
        Counting().draw(Subject(classifier=MLP()))


def test_the_message_names_every_rung_that_it_can_be_drawn_of(toy_dataset):
    rung = MajorityClassifier().fit(toy_dataset)
    with pytest.raises(UnsupportedError, match=r"and majority is not; .*least-squares.*softmax.* are"):
        Counting().draw(Subject(classifier=rung, images=toy_dataset.images))
    assert Learned().draw(Subject(classifier=rung, train=toy_dataset)) == ()


def test_support_is_a_matter_of_what_a_class_can_do():
    assert Counting.supports(LeastSquares)
    assert not Counting.supports(MLP)
    assert ReceptiveField.requires is Layered
    assert ReceptiveField.supports(MLP)
    assert Learned.supports(MajorityClassifier)


def test_pictures_that_are_wanted_are_asked_for(rung, toy_dataset):
    for images in (None, toy_dataset.images[:0]):
        with pytest.raises(ConfigError, match="wants at least one picture to look at"):
            Counting().draw(Subject(classifier=rung, images=images))
    for train in (None, toys.patterns(counts=(1,)).subset([])):
        with pytest.raises(ConfigError, match="learned from; they are not at hand"):
            Learned().draw(Subject(classifier=rung, train=train))


def test_pictures_of_another_shape_or_type_are_refused(rung, toy_dataset):
    images = toy_dataset.images[:2]
    for other in (images[:, :, :6], images.float() / 255, images[0]):
        with pytest.raises(ImagesError, match=r"learned from uint8 pictures of shape \(1, 8, 8\); those to look at"):
            Counting().draw(Subject(classifier=rung, images=other))
    with pytest.raises(ImagesError, match=r"\(3, 4, 4\)"):
        Learned().draw(Subject(classifier=rung, train=toys.patterns(shape=(3, 4, 4))))


def test_what_a_subject_holds_can_be_taken_out_or_is_asked_for(rung, toy_dataset):
    subject = Subject(classifier=rung, images=toy_dataset.images[:1], train=toy_dataset)
    assert torch.equal(images_of(subject), toy_dataset.images[:1])
    assert training_of(subject) is toy_dataset
    for taken in (images_of, training_of):
        with pytest.raises(ConfigError, match="give"):
            taken(Subject(classifier=rung))


def test_names_are_those_of_files_and_settings_those_of_fields():
    assert ReceptiveField.name() == "receptive-field"
    assert Counting.setting_names() == ("bars",)
