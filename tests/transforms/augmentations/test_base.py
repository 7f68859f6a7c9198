from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch

from augmenting import draws, floats, one_hot, pictures
from linnet.errors import ConfigError
from linnet.transforms.augmentations.base import (
    Augmentation,
    PictureAugmentation,
    as_floats,
    check_number,
    check_whole,
    check_word,
    per_picture,
)
from linnet.transforms.augmentations.blur import Blur
from linnet.transforms.augmentations.flip import Flip
from linnet.transforms.augmentations.pad_crop import PadCrop
from linnet.transforms.augmentations.sequence import Sequence
from linnet.transforms.augmentations.sometimes import Sometimes


@dataclass(frozen=True, kw_only=True)
class Glare(PictureAugmentation):
    """Add light without a thought of the range; remembers the type it was given."""

    about: ClassVar[str] = "for tests"
    seen: ClassVar[list] = []
    by: float = 2.0

    def change(self, images, draws):
        self.seen.append(images.dtype)
        return images + self.by


@dataclass(frozen=True, kw_only=True)
class Keeping(Glare):
    """Do the same to bytes."""

    keeps_bytes: ClassVar[bool] = True


def test_results_are_clamped():
    for by, expected in ((2.0, 1.0), (-2.0, 0.0)):
        changed, targets = Glare(by=by)(floats(), one_hot(), draws=draws())
        assert set(changed.unique().tolist()) == {expected}
        assert torch.equal(targets, one_hot())


def test_bytes_become_floats_unless_they_are_kept():
    Glare.seen.clear()
    Glare()(pictures(), one_hot(), draws=draws())
    Keeping(by=0)(pictures(), one_hot(), draws=draws())
    assert Glare.seen == [torch.float32, torch.uint8]


def test_a_contract_cannot_be_used_itself():
    with pytest.raises(TypeError):
        Augmentation()
    with pytest.raises(TypeError):
        PictureAugmentation()


def test_bytes_are_shares_of_255():
    assert as_floats(torch.tensor([0, 51, 255], dtype=torch.uint8)).tolist() == pytest.approx([0, 0.2, 1])
    values = floats()
    assert as_floats(values) is values


def test_numbers_meet_pictures():
    numbers = per_picture(torch.tensor([1.0, 2.0], dtype=torch.float64))
    assert (numbers.shape, numbers.dtype) == ((2, 1, 1, 1), torch.float32)
    assert per_picture(torch.tensor([True])).dtype == torch.bool


@pytest.mark.parametrize(
    ("augmentation", "spec"),
    [
        (Flip(), "flip"),
        (Flip(p=0.25), "flip(p=0.25)"),
        (PadCrop(padding=2, edge="zero"), "pad-crop(padding=2,edge=zero)"),
        (Sequence(), "none"),
        (Sequence(steps=(PadCrop(), Flip())), "pad-crop,flip"),
        (Sequence(steps=(Flip(),)), "sequence(flip)"),
        (Sometimes(p=0.3, of=Blur(high=1.0)), "sometimes(0.3,blur(high=1.0))"),
        (Sometimes(p=1, of=Sequence(steps=(Flip(), Blur()))), "sometimes(1,sequence(flip,blur))"),
        (Sequence(steps=(Flip(), Sequence(), Sequence(steps=(Flip(), Blur())))), "flip,sequence,sequence(flip,blur)"),
    ],
)
def test_the_spec_says_what_is_not_the_default(augmentation, spec):
    assert augmentation.spec() == str(augmentation) == spec


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan"), True, "0.5", None])
def test_numbers_out_of_their_range_are_refused(value):
    check_number("flip.p", 0.5, 0, 1)
    with pytest.raises(ConfigError, match=r"^flip\.p should be a number in 0 \.\. 1; it is "):
        check_number("flip.p", value, 0, 1)


@pytest.mark.parametrize("value", [-1, 1.0, False, "1", None])
def test_what_is_no_whole_number_is_refused(value):
    check_whole("a.n", 3, 0)
    with pytest.raises(ConfigError, match=r"^a\.n should be a whole number of at least 0; it is "):
        check_whole("a.n", value, 0)


def test_unknown_words_are_refused():
    check_word("a.edge", "zero", ("zero", "reflect"))
    with pytest.raises(ConfigError, match=r"^a\.edge should be one of zero, reflect; it is 'wrap'\.$"):
        check_word("a.edge", "wrap", ("zero", "reflect"))
