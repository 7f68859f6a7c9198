from dataclasses import dataclass
from typing import ClassVar

import pytest

from linnet import catalog
from linnet.errors import ConfigError, UnknownNameError
from linnet.training.losses.base import Loss
from linnet.training.losses.cross_entropy import CrossEntropy
from linnet.training.losses.focal import Focal
from linnet.training.losses.parsing import create_loss


@pytest.mark.parametrize(
    ("text", "loss"),
    [
        ("cross-entropy", CrossEntropy()),
        ("focal", Focal()),
        ("focal()", Focal()),
        ("focal(gamma=3)", Focal(gamma=3.0)),
        (" focal ( gamma = 0.5 ) ", Focal(gamma=0.5)),
    ],
)
def test_losses_are_read(text, loss):
    assert create_loss(text) == loss
    assert type(create_loss(text)) is type(loss)


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("focl(gamma=3)", UnknownNameError, "no loss named 'focl'; did you mean 'focal'"),
        ("focal(gama=3)", UnknownNameError, "no setting of focal named 'gama'; did you mean 'gamma'"),
        ("cross-entropy(gamma=3)", UnknownNameError, "no setting of cross-entropy named 'gamma'"),
        ("focal(gamma=-1)", ConfigError, r"^focal\.gamma should be a number of at least 0; it is -1"),
        ("focal(gamma=high)", ConfigError, r"^focal\.gamma should be a valid number; it is 'high'"),
        ("focal(3)", ConfigError, "^focal wants its settings as name=value; it got '3'"),
        ("focal(gamma=1,gamma=2)", ConfigError, r"gives focal\.gamma twice"),
        ("focal(gamma=1", ConfigError, r"^A loss is written like focal\(gamma=3\) with matching brackets"),
        ("", ConfigError, "^A loss is written like"),
        ("focal,cross-entropy", ConfigError, "^A training has one loss; it is 'focal,cross-entropy'"),
    ],
)
def test_what_means_nothing_is_refused_in_one_sentence(text, error, said):
    with pytest.raises(error, match=said):
        create_loss(text)


@dataclass(frozen=True, kw_only=True)
class Tempered(Loss):
    about: ClassVar[str] = "a user's own"

    heat: float
    sides: tuple[int, ...] = ()

    def per_image(self, logits, targets):
        return (logits * targets).sum(1)


def test_a_loss_of_ones_own_may_have_several_settings_and_some_without_default(monkeypatch):
    monkeypatch.setattr(catalog, "find", lambda family, name: Tempered)
    assert create_loss("tempered(heat=2,sides=3)") == Tempered(heat=2.0, sides=(3,))
    with pytest.raises(ConfigError, match="wants heat, as name=value in brackets"):
        create_loss("tempered(sides=3)")
