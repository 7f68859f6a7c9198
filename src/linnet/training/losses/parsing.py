"""Make losses from the texts that users write, such as "cross-entropy" or "focal(gamma=3)"."""

from linnet import catalog
from linnet.errors import ConfigError
from linnet.records.calls import (
    key_and_value,
    missing_settings,
    name_and_arguments,
    plain_value,
    refuse_twice,
    setting_types,
    split_calls,
)
from linnet.training.losses.base import Loss

_FORM = "A loss is written like focal(gamma=3)"


def create_loss(text: str) -> Loss:
    """Make a loss from its name, with settings in brackets behind it where they are not to be the defaults.

    Args:
        text: Such as "focal(gamma=3)"; several settings have commas between them.

    Raises:
        UnknownNameError: no such loss or setting; names the nearest.
        ConfigError: brackets that do not match, several losses, a setting twice or without its name, or a value of
            the wrong type or out of its range.
    """
    calls = split_calls(text, form=_FORM)
    if len(calls) > 1:
        raise ConfigError(f"A training has one loss; it is {text!r}.")
    name, arguments = name_and_arguments(calls[0], form=_FORM)
    entry: type[Loss] = catalog.find("losses", name)
    types = setting_types(entry)
    given = [key_and_value(argument) for argument in arguments]
    nameless = [value for key, value in given if not key]
    if nameless:
        raise ConfigError(f"{entry.name()} wants its settings as name=value; it got {nameless[0]!r}.")
    refuse_twice(entry.name(), [key for key, _ in given], text=text)
    settings = {key: plain_value(entry.name(), key, value, types) for key, value in given}
    missing = missing_settings(entry, settings)
    if missing:
        raise ConfigError(f"{entry.name()} wants {' and '.join(missing)}, as name=value in brackets; it got {text!r}.")
    return entry(**settings)
