import pytest

from augmenting import NAMES, find
from linnet.errors import ConfigError, UnknownNameError
from linnet.transforms.augmentations.blur import Blur
from linnet.transforms.augmentations.color_jitter import ColorJitter
from linnet.transforms.augmentations.cutmix import CutMix
from linnet.transforms.augmentations.erasing import Erasing
from linnet.transforms.augmentations.flip import Flip
from linnet.transforms.augmentations.pad_crop import PadCrop
from linnet.transforms.augmentations.parsing import PRESETS, parse, without_flips
from linnet.transforms.augmentations.sequence import Sequence
from linnet.transforms.augmentations.sometimes import Sometimes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("flip", Flip()),
        ("flip()", Flip()),
        (" flip ( p = 0.25 ) ", Flip(p=0.25)),
        ("blur(high=3)", Blur(high=3.0)),
        ("pad-crop,flip,erasing", Sequence(steps=(PadCrop(), Flip(), Erasing()))),
        (
            "pad-crop(padding=2, edge=zero), color-jitter(brightness=0.2,hue=0)",
            Sequence(steps=(PadCrop(padding=2, edge="zero"), ColorJitter(brightness=0.2, hue=0))),
        ),
        ("sometimes(0.3,blur)", Sometimes(p=0.3, of=Blur())),
        ("sometimes(p=0.3,of=blur(high=1.0))", Sometimes(p=0.3, of=Blur(high=1.0))),
        ("sometimes(1,sometimes(0.5,cutmix))", Sometimes(p=1, of=Sometimes(p=0.5, of=CutMix()))),
        (
            "sometimes(0.3,sequence(blur(low=1),flip))",
            Sometimes(p=0.3, of=Sequence(steps=(Blur(low=1.0), Flip()))),
        ),
        ("sequence(flip)", Sequence(steps=(Flip(),))),
        ("sequence", Sequence()),
        ("none", Sequence()),
        ("", Sequence()),
    ],
)
def test_specs_are_read(text, expected):
    assert parse(text, find) == expected
    assert parse(parse(text, find).spec(), find) == expected


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_are_specs_with_names_of_their_own(preset):
    augmentation = parse(preset, find)
    assert parse(augmentation.spec(), find) == augmentation
    assert preset not in NAMES


def test_presets_have_the_agreed_names():
    assert tuple(PRESETS) == ("none", "crop-flip", "light", "strong")
    assert parse("crop-flip", find).spec() == "pad-crop,flip"


def test_an_unknown_name_gets_a_guess_that_may_be_a_preset():
    with pytest.raises(UnknownNameError, match="no augmentation named 'padcrop'; did you mean 'pad-crop'"):
        parse("flip,padcrop", find)
    with pytest.raises(UnknownNameError, match="did you mean 'strong'"):
        parse("stronk", find)


def test_an_unknown_setting_gets_a_guess():
    with pytest.raises(UnknownNameError, match="no setting of pad-crop named 'pading'; did you mean 'padding'"):
        parse("pad-crop(pading=2)", find)


@pytest.mark.parametrize(
    "text", ["flip(", "flip)", "flip(p=0.5", "flip(p=0.5))", "flip(p=0.5)blur", "flip,,blur", ",", "flip,", "blur()()"]
)
def test_what_cannot_be_read_is_refused(text):
    with pytest.raises(ConfigError, match="matching brackets"):
        parse(text, find)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("flip(0.5)", r"^flip wants its settings as name=value; it got '0.5'"),
        ("flip(p=0.1,p=0.2)", r"gives flip\.p twice"),
        ("flip(p=often)", r"^flip\.p should be a valid number; it is 'often'"),
        ("pad-crop(padding=1.5)", r"^pad-crop\.padding should be a valid integer; it is 1.5"),
        ("pad-crop(edge=wrap)", r"^pad-crop\.edge should be 'reflect' or 'zero'; it is 'wrap'"),
        ("flip(p=2)", r"^flip\.p should be a number in 0 \.\. 1; it is 2"),
        ("sometimes", r"^sometimes wants p and of, as in sometimes\(0.3,blur\); it got 'sometimes'"),
        ("sometimes(0.3)", r"^sometimes wants of, "),
        ("sometimes(0.3,blur,flip)", r"^sometimes wants its settings as name=value; it got 'flip'"),
    ],
)
def test_wrong_settings_are_refused_in_one_sentence(text, said):
    with pytest.raises(ConfigError, match=said):
        parse(text, find)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("flip", "none"),
        ("alternating-flip", "none"),
        ("pad-crop,flip", "pad-crop"),
        ("pad-crop,sometimes(0.5,flip),blur", "pad-crop,blur"),
        ("pad-crop,sometimes(0.5,sequence(blur,flip)),erasing", "pad-crop,sometimes(0.5,blur),erasing"),
        ("blur", "blur"),
        ("none", "none"),
    ],
)
def test_flips_can_be_taken_out(text, left):
    assert without_flips(parse(text, find)).spec() == left
