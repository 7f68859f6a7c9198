"""The end of a round: what validation says of it, its row, which weights to keep, whether it was the last; no step."""

import math
import time
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from linnet.errors import DivergedError
from linnet.records.history import Epoch
from linnet.training.due import is_last_round, is_time_to_stop
from linnet.training.scoring import Score, score
from linnet.training.starting import Parts
from linnet.training.state import Position, State


def judge(parts: Parts, state: State) -> None:
    """Close a round: validate, write its row, keep the weights if they are the best, decide whether it was the last.

    Args:
        parts: Of the training.
        state: Stands at the beginning of the next round afterwards.

    Raises:
        DivergedError: the loss, a weight or the validation loss is no number any more.
    """
    at, recipe = state.position, parts.recipe
    refuse_divergence(state)
    if not has_finite_weights(state):
        raise _diverged(state, "A weight")
    begun = time.monotonic()
    found = _validate(parts, state)
    if found and not math.isfinite(found.loss):
        raise _diverged(state, "The validation loss")
    at.seconds += time.monotonic() - begun
    row = Epoch(
        epoch=at.epoch + 1,
        step=at.step,
        learning_rate=float(state.optimizer.param_groups[0]["lr"]),
        train_loss=at.loss / at.n_seen,
        train_accuracy=at.n_right / at.n_seen,
        valid_loss=found.loss if found else None,
        valid_accuracy=found.accuracy if found else None,
        images_per_second=at.n_seen / max(at.epoch_seconds, 1e-9),
        seconds=at.seconds,
    )
    rows = [*at.rows, row.to_plain()]
    judged = [_badness(r) for r in rows if r["valid_loss"] is not None]
    if found and recipe.keep == "best" and judged.index(min(judged)) == len(judged) - 1:
        state.best = {name: tensor.detach().cpu().clone() for name, tensor in judged_weights(state).items()}
    if found:
        state.schedule.observe(found.loss)
    is_last = is_last_round(at.epoch, n_epochs=parts.n_epochs)
    over = at.is_over or is_last or is_time_to_stop(judged, recipe.patience or None)
    state.position = Position(
        epoch=at.epoch + 1,
        step=at.step,
        seconds=at.seconds,
        rows=rows,
        health=at.health,
        is_over=over,
        n_parts=at.n_parts,
    )


def _badness(row: dict[str, Any]) -> float:
    """Turn validation into one number, the smaller the better: the error, and among equal errors the loss."""
    return float(1 - row["valid_accuracy"] + 1e-9 * min(row["valid_loss"], 1e3))


def _validate(parts: Parts, state: State) -> Score | None:
    if parts.valid is None or len(parts.valid) == 0:
        return None
    with nullcontext() if state.average is None else state.average.swapped():
        _agree_on_buffers(parts, state.network)
        return score(parts.forward, parts.valid, fabric=parts.fabric)


@torch.no_grad()
def _agree_on_buffers(parts: Parts, network: nn.Module) -> None:
    """Give every process the running statistics of the first one: they are what is kept, and so what is judged."""
    if parts.fabric.world_size == 1:
        return
    for buffer in network.buffers():
        own = buffer if parts.fabric.global_rank == 0 else torch.zeros_like(buffer)
        buffer.copy_(parts.fabric.all_reduce(own.clone(), reduce_op="sum"))


def judged_weights(state: State) -> dict[str, Tensor]:
    """Return the weights that validation has seen: the averaged ones where an average is kept."""
    if state.average is None:
        return state.network.state_dict()
    with state.average.swapped() as network:
        return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def refuse_divergence(state: State) -> None:
    """End a training whose loss is no number any more; all processes have the same loss, and so end at the same step.

    Raises:
        DivergedError: says in which epoch, at which rate, and what to try.
    """
    if not math.isfinite(state.position.loss):
        raise _diverged(state, "The loss")


def is_sound(state: State) -> bool:
    """Whether a training is worth keeping: its loss is a number, and so is every weight after the last step.

    The loss of a step is from before it: a step that ruins the weights shows in the loss of the next one only.
    """
    return math.isfinite(state.position.loss) and has_finite_weights(state)


@torch.no_grad()
def has_finite_weights(state: State) -> bool:
    """Whether every weight and running statistic is a number; each is read once."""
    floats = [t for t in state.network.state_dict().values() if t.is_floating_point() and t.numel()]
    if not floats:
        return True
    ends = torch.stack([end.float() for tensor in floats for end in torch.aminmax(tensor)])
    return bool(torch.isfinite(ends).all())


def _diverged(state: State, what: str) -> DivergedError:
    rate = state.optimizer.param_groups[0]["lr"]
    searches = isinstance(state.optimizer, torch.optim.LBFGS)  # it takes slopes as they are
    return DivergedError(
        f"{what} is no number any more in epoch {state.position.epoch + 1}, at a learning rate of {rate:.3g}; "
        f"take a tenth of learning_rate{'' if searches else ', or set gradient_clip=1'}."
    )
