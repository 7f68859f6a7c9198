"""The multi-layer perceptron: a fully connected network of any depth, blind to where a pixel is."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from torch import nn

from linnet.classifiers.network import NetworkClassifier
from linnet.classifiers.networks.mlp import build_mlp
from linnet.errors import ConfigError


@dataclass(kw_only=True)
class MLP(NetworkClassifier):
    """Train fully connected layers with activations between them.

    Args:
        hidden: Units of each hidden layer.
        activation: "relu" or "tanh".
        dropout: Share of hidden units that is silenced while training, in [0, 1).
        batch_norm: Whether hidden units are normalized before their activation.
    """

    about: ClassVar[str] = "a fully connected network of any depth"
    position: ClassVar[int] = 60

    hidden: tuple[int, ...] = (1024, 512, 128)
    activation: Literal["relu", "tanh"] = "relu"
    dropout: float = 0.2
    batch_norm: bool = True
    max_side: int = 32
    epochs: int = 20
    learning_rate: float = 0.02

    def check_settings(self) -> None:
        """Refuse settings out of their range."""
        if not all(units >= 1 for units in self.hidden):
            raise ConfigError(f"{self.name()}.hidden should be units of at least 1 each; it is {list(self.hidden)}.")
        if self.activation not in ("relu", "tanh"):
            raise ConfigError(f"{self.name()}.activation should be relu or tanh; it is {self.activation!r}.")
        if not 0 <= self.dropout < 1:
            raise ConfigError(f"{self.name()}.dropout should be at least 0 and below 1; it is {self.dropout}.")

    def build(self, image_shape: tuple[int, int, int], n_classes: int) -> nn.Module:
        """Make the layers."""
        return build_mlp(
            image_shape,
            n_classes,
            hidden=self.hidden,
            activation=self.activation,
            dropout=self.dropout,
            batch_norm=self.batch_norm,
        )
