"""Make augmentations from the texts that users write, such as "pad-crop,flip,erasing(p=0.3)"."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from linnet.errors import ConfigError, UnknownNameError
from linnet.records.calls import (
    key_and_value,
    missing_settings,
    name_and_arguments,
    plain_value,
    refuse_twice,
    setting_types,
    split_calls,
)
from linnet.transforms.augmentations.alternating_flip import AlternatingFlip
from linnet.transforms.augmentations.base import Augmentation
from linnet.transforms.augmentations.flip import Flip
from linnet.transforms.augmentations.sequence import Sequence
from linnet.transforms.augmentations.sometimes import Sometimes

Find = Callable[[str], type[Augmentation]]

PRESETS = {
    "none": "",
    "crop-flip": "pad-crop,flip",
    "light": "pad-crop,flip,color-jitter(brightness=0.2,contrast=0.2,saturation=0.2,hue=0.02)",
    "strong": "pad-crop,flip,trivial-augment,erasing(p=0.25),sometimes(0.5,cutmix)",
}
"""Names for whole specs."""

_FORM = "An augmentation is written like pad-crop(padding=2),flip"


def parse(text: str, find: Find) -> Augmentation:
    """Make an augmentation from its spec.

    A spec is one augmentation or several with commas between them, which follow each other; or a name from `PRESETS`.
    Settings stand in brackets: "erasing(p=0.3,fill=noise)". `sometimes` takes a probability and another augmentation,
    `sequence` takes several.

    Args:
        text: The spec.
        find: Gives the class of a name, or raises UnknownNameError.

    Raises:
        UnknownNameError: no such augmentation, preset or setting.
        ConfigError: brackets that do not match, a setting twice, or a value of the wrong type or out of its range.

    Example:
        >>> parse("pad-crop(padding=2),sometimes(0.3,blur)", find).spec()
        'pad-crop(padding=2),sometimes(0.3,blur)'
    """
    wanted = text.strip()
    wanted = PRESETS.get(wanted, wanted)
    parts = split_calls(wanted, form=_FORM, whole=text) if wanted else []
    steps = tuple(_one(part, find) for part in parts)
    return steps[0] if len(steps) == 1 else Sequence(steps=steps)


def without_flips(augmentation: Augmentation) -> Augmentation:
    """Return the same augmentation without the steps that mirror, for pictures whose label that changes."""
    if isinstance(augmentation, Flip | AlternatingFlip):
        return Sequence()
    if isinstance(augmentation, Sequence):
        kept = tuple(step for step in map(without_flips, augmentation.steps) if step != Sequence())
        return kept[0] if len(kept) == 1 else Sequence(steps=kept)
    if isinstance(augmentation, Sometimes):
        other = without_flips(augmentation.of)
        return Sequence() if other == Sequence() else replace(augmentation, of=other)
    return augmentation


def _one(text: str, find: Find) -> Augmentation:
    """Make one augmentation from its name and what stands in brackets behind it."""
    name, arguments = name_and_arguments(text, form=_FORM)
    entry = _found(name, find)
    types = setting_types(entry)
    given = [_key_and_value(argument, i, entry) for i, argument in enumerate(arguments)]
    refuse_twice(entry.name(), [key for key, _ in given if types.get(key) != tuple[Augmentation, ...]], text=text)
    settings: dict[str, Any] = {}
    for key, value in given:
        if types.get(key) == tuple[Augmentation, ...]:
            settings[key] = (*settings.get(key, ()), _one(value, find))
        elif types.get(key) is Augmentation:
            settings[key] = _one(value, find)
        else:
            settings[key] = plain_value(entry.name(), key, value, types)
    missing = missing_settings(entry, settings)
    if missing:
        raise ConfigError(f"{entry.name()} wants {' and '.join(missing)}, as in sometimes(0.3,blur); it got {text!r}.")
    return entry(**settings)


def _found(name: str, find: Find) -> type[Augmentation]:
    """Find an entry; where there is none, name the presets too."""
    try:
        return find(name)
    except UnknownNameError as error:
        raise UnknownNameError("augmentation", name, (*error.known, *PRESETS)) from None


def _key_and_value(argument: str, position: int, entry: type[Augmentation]) -> tuple[str, str]:
    """Split "p=0.3"; or name the setting that stands at this place without a name."""
    key, value = key_and_value(argument)
    if key:
        return key, value
    names = entry.positional
    if entry.bare:
        return names[-1], argument
    if position >= len(names):
        raise ConfigError(f"{entry.name()} wants its settings as name=value; it got {argument!r}.")
    return names[position], argument
