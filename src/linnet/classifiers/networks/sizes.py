"""What every network asks of the pictures and classes it is built for; no layers."""

from linnet.errors import ConfigError


def check_sizes(input_shape: tuple[int, int, int], n_classes: int) -> None:
    """Refuse a shape of pictures, or a number of classes, that no network can be built for.

    Args:
        input_shape: (c, h, w), each at least 1.
        n_classes: At least 1.

    Raises:
        ConfigError: anything else.
    """
    if len(input_shape) != 3 or not all(isinstance(side, int) and side >= 1 for side in input_shape):
        raise ConfigError(
            f"A network wants pictures of (channels, height, width), each at least 1; it got {input_shape!r}."
        )
    if n_classes < 1:
        raise ConfigError(f"A network wants at least 1 class to tell; it got {n_classes!r}.")
