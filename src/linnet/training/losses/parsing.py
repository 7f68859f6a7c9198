"""Make losses from the texts that users write, such as "cross-entropy" or "focal(gamma=3)"."""

from functools import partial

from linnet import catalog
from linnet.errors import ConfigError
from linnet.records.calls import create, split_calls
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
    loss: Loss = create(calls[0], partial(catalog.find, "losses"), form=_FORM)
    return loss
