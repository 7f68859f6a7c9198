"""What every augmentation promises, checked on every entry; what is special to one is in its own test."""

import copy
import json
import re
from dataclasses import FrozenInstanceError, fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from augmenting import NAMES, draws, find, floats, one_hot, pictures
from linnet.errors import ConfigError, ImagesError
from linnet.transforms.augmentations.base import Augmentation
from linnet.transforms.augmentations.parsing import PRESETS, parse
from linnet.transforms.draws import Draws

SPECS = {"gray": "gray(p=0.5)", "sometimes": "sometimes(0.5,noise)", "sequence": "sequence(pad-crop,noise)"}
"""How an entry is written where its plain name does too little, or is not enough."""

PAGE = (Path(__file__).parent.parent.parent / "docs" / "augmentation.md").read_text(encoding="utf-8")

MIXING = ("mixup", "cutmix")
NOTHING = [
    "pad-crop(padding=0)", "flip(p=0)", "translate(share=0)", "rotate(degrees=0)", "scale(low=1,high=1)",
    "shear(degrees=0)", "perspective(distortion=0)", "color-jitter(brightness=0,contrast=0,saturation=0,hue=0)",
    "gray(p=0)", "blur(low=0,high=0)", "noise(deviation=0)", "salt-and-pepper(share=0)", "erasing(p=0)",
    "rand-augment(n=0)", "sometimes(0,blur)", "none",
]  # fmt: skip
SHAPES = [(1, 9, 12), (3, 12, 9), (3, 1, 1), (1, 2, 30)]


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


@pytest.fixture
def augmentation(name):
    return parse(SPECS.get(name, name), find)


def both(images):
    return (images, images.to(torch.float32) / 255)


# -- pictures ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_shape_type_and_range_are_kept(augmentation, shape):
    for images in both(pictures(12, shape)):
        changed, targets = augmentation(images, one_hot(), draws=draws())
        assert changed.shape == images.shape
        assert targets.shape == (12, 4)
        assert targets.dtype == torch.float32
        if changed.dtype == torch.uint8:
            assert augmentation.keeps_bytes
            assert images.dtype == torch.uint8
        else:
            assert changed.dtype == torch.float32
            assert 0 <= float(changed.min()) <= float(changed.max()) <= 1


def test_bytes_and_floats_of_a_picture_are_changed_alike(augmentation):
    images, values = both(pictures())
    of_bytes, of_floats = (augmentation(x, one_hot(), draws=draws())[0] for x in (images, values))
    of_bytes = of_bytes.to(torch.float32) / 255 if of_bytes.dtype == torch.uint8 else of_bytes
    assert torch.allclose(of_bytes, of_floats, atol=1e-6)


def test_the_type_of_the_result_does_not_hang_on_chance(augmentation):
    for images in both(pictures(1)):
        types = {augmentation(images, one_hot(1), draws=draws(1, epoch=e))[0].dtype for e in range(20)}
        assert len(types) == 1


def test_something_changes(augmentation):
    images = floats()
    changed = augmentation(images, one_hot(), draws=draws())[0]
    assert not torch.equal(changed, images)
    assert torch.isfinite(changed).all()


def test_the_input_is_not_touched(augmentation):
    for images in both(pictures()):
        targets = one_hot()
        kept_images, kept_targets, numbers = images.clone(), targets.clone(), draws()
        rows = numbers.rows.copy()
        changed = augmentation(images, targets, draws=numbers)[0]
        changed.zero_()
        assert torch.equal(targets, kept_targets)
        assert torch.equal(images, kept_images) or changed.data_ptr() == images.data_ptr()
        assert np.array_equal(rows, numbers.rows)


@pytest.mark.parametrize("spec", NOTHING)
def test_strength_0_is_the_identity(spec):
    for images in both(pictures()):
        changed, targets = parse(spec, find)(images, one_hot(), draws=draws())
        if changed.dtype == images.dtype == torch.uint8:
            assert torch.equal(changed, images)
        else:
            assert torch.allclose(changed, images / 255 if images.dtype == torch.uint8 else images, atol=2e-6)
        assert torch.equal(targets, one_hot())


def test_no_pictures_are_no_pictures(augmentation):
    changed, targets = augmentation(pictures(0), one_hot(0), draws=draws(0))
    assert changed.shape == (0, 3, 9, 12)
    assert targets.shape == (0, 4)


# -- repeating ---------------------------------------------------------------------------------------------------


def test_the_same_draws_give_the_same_result(augmentation):
    results = [augmentation(pictures(), one_hot(), draws=draws()) for _ in range(2)]
    assert torch.equal(results[0][0], results[1][0])
    assert torch.equal(results[0][1], results[1][1])


def test_a_copy_does_the_same(augmentation):
    again = copy.deepcopy(augmentation)
    assert again == augmentation
    assert torch.equal(
        again(pictures(), one_hot(), draws=draws())[0], augmentation(pictures(), one_hot(), draws=draws())[0]
    )


@pytest.mark.parametrize("other", [{"epoch": 1}, {"seed": 6}, {"first": 1000}], ids=str)
def test_other_epochs_seeds_and_rows_differ(augmentation, other):
    changed = augmentation(floats(), one_hot(), draws=draws())[0]
    assert not torch.equal(changed, augmentation(floats(), one_hot(), draws=draws(**other))[0])


def test_a_picture_alone_is_changed_as_in_its_batch(name, augmentation):
    if name in MIXING:
        pytest.skip("mixes pictures")
    images, targets, numbers = pictures(), one_hot(), draws()
    changed = augmentation(images, targets, draws=numbers)[0]
    for i in range(len(images)):
        alone = Draws(seed=5, epoch=0, rows=numbers.rows[i : i + 1])
        assert torch.equal(augmentation(images[i : i + 1], targets[i : i + 1], draws=alone)[0][0], changed[i])


def test_the_order_of_the_batch_does_not_matter(augmentation):
    images, targets, numbers = pictures(), one_hot(), draws()
    order = torch.from_numpy(np.random.default_rng(0).permutation(12))
    changed, shares = augmentation(images, targets, draws=numbers)
    shuffled = augmentation(images[order], targets[order], draws=numbers.at(order))
    assert torch.equal(shuffled[0], changed[order])
    assert torch.equal(shuffled[1], shares[order])


def test_global_random_states_are_left_alone(augmentation):
    states = torch.get_rng_state(), np.random.get_state()[1].copy()
    augmentation(pictures(), one_hot(), draws=draws())
    assert torch.equal(torch.get_rng_state(), states[0])
    assert np.array_equal(np.random.get_state()[1], states[1])


# -- targets -----------------------------------------------------------------------------------------------------


def test_targets_still_sum_to_1(augmentation):
    soft = torch.softmax(3 * torch.randn(12, 5, generator=torch.Generator().manual_seed(0)), 1)
    shares = augmentation(floats(), soft, draws=draws())[1]
    assert torch.allclose(shares.sum(1), torch.ones(12), atol=1e-6)
    assert float(shares.min()) >= 0


def test_only_what_mixes_pictures_changes_targets(name, augmentation):
    shares = augmentation(floats(), one_hot(), draws=draws())[1]
    assert torch.equal(shares, one_hot()) == (name not in MIXING)


# -- refusing, settings, specs -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("images", "targets", "numbers"),
    [
        (floats()[0], one_hot(), draws()),
        (floats(shape=(2, 4, 4)), one_hot(), draws()),
        (floats().double(), one_hot(), draws()),
        (floats(), one_hot().double(), draws()),
        (floats(), one_hot()[:, 0], draws()),
        (floats(), one_hot(11), draws()),
        (floats(), one_hot(), draws(11)),
    ],
)
def test_another_form_is_refused(augmentation, name, images, targets, numbers):
    with pytest.raises(ImagesError, match=rf"^{name} wants "):
        augmentation(images, targets, draws=numbers)


def test_the_entry_says_in_one_line_what_it_is(name):
    entry = find(name)
    assert entry.name() == name
    assert issubclass(entry, Augmentation)
    assert 10 < len(entry.about) < 60
    assert not entry.about.endswith(".")
    assert entry.__doc__


def test_the_entry_and_its_defaults_are_documented(name):
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |")]
    for field in fields(find(name)):
        default = f"={field.default}" if isinstance(field.default, (int, float, str)) else ""
        assert f"`{field.name}{default}`" in row or f"`{field.name}{default.removesuffix('.0')}`" in row


def test_settings_cannot_be_changed_afterwards(augmentation):
    for setting in augmentation.setting_names():
        with pytest.raises(FrozenInstanceError):
            setattr(augmentation, setting, 1)


def test_every_setting_refuses_what_it_is_not(augmentation):
    for field in fields(augmentation):
        for wrong in (-1, float("nan"), "sideways", None):
            with pytest.raises(ConfigError, match=rf"^{augmentation.name()}\.{field.name} should be"):
                replace(augmentation, **{field.name: wrong})


def test_the_spec_makes_the_same_augmentation_again(augmentation):
    assert parse(augmentation.spec(), find) == augmentation
    assert str(augmentation) == augmentation.spec()
    assert json.loads(json.dumps(augmentation.spec())) == augmentation.spec()


def test_the_example_of_the_docs_works():
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    room = {"__name__": "negative"}
    exec(compile(code, "augmentation.md", "exec"), room)
    changed = room["Negative"](p=1)(floats(), one_hot(), draws=draws())[0]
    assert torch.equal(changed, 1 - floats())


def test_the_specs_and_presets_of_the_docs_are_read():
    (block,) = re.findall(r"```text\n(.*?)```", PAGE, flags=re.DOTALL)
    for line in block.splitlines():
        assert parse(parse(line, find).spec(), find) == parse(line, find)
    assert all(f"| `{preset}` |" in PAGE for preset in PRESETS)
    assert f"`{PRESETS['strong']}`" in PAGE
