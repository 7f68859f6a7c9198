"""A training written down for TensorBoard: curves, graph, pictures, filters, weights; the library is asked for here."""

import copy
import io
import warnings
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from linnet.errors import MissingExtraError
from linnet.progress import SILENT, Progress
from linnet.records.health import LayerHealth
from linnet.records.history import Epoch
from linnet.training.watching import Samples
from linnet.transforms.samples import laid_out

_N_FILTERS = 64

_N_WEIGHTS = 10_000
"""Of a layer, evenly spread, that make its histogram: sorting all of a large layer's would take longer than a step."""

_UNTRACEABLE = (RuntimeError, TypeError, ValueError, AttributeError, LookupError, torch.jit.TracingCheckError)  # type: ignore[attr-defined]
"""What following an unusual network can end with."""


class Events:
    """Write event files that TensorBoard reads.

    Nothing is written before training begins. The steps of all curves are steps of training.

    Args:
        folder: Of one training; made if needed. A training that goes on adds to it.
        progress: Told where a network cannot be drawn.

    Raises:
        MissingExtraError: TensorBoard is not installed.
    """

    def __init__(self, folder: Path, *, progress: Progress = SILENT) -> None:
        require_tensorboard()
        self.folder = folder
        self.progress = progress
        self._writer: Any = None

    def begun(self, network: nn.Module, samples: Samples, *, n_steps: int) -> None:
        """Open the file; at the start, draw the graph and pictures as they are and as they are augmented."""
        from torch.utils.tensorboard import SummaryWriter

        # What was written after the last finished round is made again: readers drop events from the purged step on.
        writer: Any = SummaryWriter(str(self.folder), purge_step=n_steps + 1 if n_steps else 0)
        self._writer = writer
        if n_steps == 0:
            for tag, images in (("pictures/samples", samples.images), ("pictures/augmented", samples.augmented)):
                if images is not None:
                    writer.add_image(tag, _grid(images), 0, dataformats="HWC")
            self._draw(network, samples.images[:1])
        writer.flush()

    def judged(self, row: Epoch, network: nn.Module) -> None:
        """Add a point to each curve, and how the weights are spread."""
        values = {
            "loss/train": row.train_loss,
            "loss/valid": row.valid_loss,
            "accuracy/train": row.train_accuracy,
            "accuracy/valid": row.valid_accuracy,
            "learning_rate": row.learning_rate,
            "images_per_second": row.images_per_second,
        }
        self._add(values, row.step)
        for name, parameter in network.named_parameters():
            weights = _spread(parameter.detach().flatten())
            if parameter.ndim > 1 and len(weights):
                self._writer.add_histogram(f"weights/{name}", weights, row.step)
        self._writer.flush()

    def fared(self, row: Epoch, layers: Sequence[LayerHealth], network: nn.Module) -> None:
        """Add what ails the layers, and the filters of the first convolution."""
        for layer in layers:
            names = ("gradient_norm", "update_ratio", "dead_share", "drift")
            self._add({f"{name}/{layer.name}": getattr(layer, name) for name in names}, row.step)
        first = next((module for module in network.modules() if isinstance(module, nn.Conv2d)), None)
        if first is not None:
            self._writer.add_image("filters", _grid(filter_pictures(first.weight)), row.step, dataformats="HWC")
        self._writer.flush()

    def ended(self) -> None:
        """Close the file, if one was opened."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _add(self, values: dict[str, float | None], step: int) -> None:
        for tag, value in values.items():
            if value is not None:
                self._writer.add_scalar(tag, value, step)

    def _draw(self, network: nn.Module, image: Tensor) -> None:
        """Follow one picture through a copy of the network, in evaluation mode on the CPU."""
        # The library prints what goes wrong before it raises it, and the tracer warns of what is no concern of users.
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            try:
                self._writer.add_graph(copy.deepcopy(network).cpu().eval(), image.cpu())
            except _UNTRACEABLE as error:
                reason = str(error).strip().partition("\n")[0] or type(error).__name__
                self.progress.say(f"TensorBoard shows no graph of this network, which cannot be followed: {reason}")


def require_tensorboard() -> None:
    """Refuse what would be written for TensorBoard where it is not installed.

    Raises:
        MissingExtraError: it is not; names the extra to install.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter  # noqa: F401
    except ImportError:
        raise MissingExtraError("TensorBoard", "tensorboard") from None


def filter_pictures(weight: Tensor) -> Tensor:
    """Turn filters into pictures, each from black, its least weight, to white, its largest.

    Args:
        weight: (outputs, inputs, h, w) float, at most the first 64 are shown; three inputs become colors, of any other
            number the first is shown.

    Returns:
        (n, c, h, w) uint8, c is 1 or 3.
    """
    shown = weight.detach().float().cpu()[:_N_FILTERS]
    shown = shown if shown.shape[1] == 3 else shown[:, :1]
    low, high = shown.amin((1, 2, 3), keepdim=True), shown.amax((1, 2, 3), keepdim=True)
    return ((shown - low) / (high - low).clamp(min=torch.finfo(torch.float32).tiny) * 255).round().to(torch.uint8)


def _grid(images: Tensor) -> npt.NDArray[np.uint8]:
    """Lay (n, c, h, w) uint8 pictures out as nearly a square; empty places are white."""
    n, (c, h, w) = len(images), images.shape[1:]
    n_columns = int(np.ceil(np.sqrt(n)))
    n_rows = -(-n // n_columns)
    places = np.full((n_rows * n_columns, c, h, w), 255, dtype=np.uint8)
    places[:n] = images.cpu().numpy()
    return laid_out(places.reshape(n_rows, n_columns, c, h, w))


def _spread(weights: Tensor) -> Tensor:
    """Take some of (n,) float weights, from everywhere among them; what is no finite number is left out."""
    some = weights[:: max(1, -(-len(weights) // _N_WEIGHTS))].float().cpu()
    return some[some.isfinite()]
