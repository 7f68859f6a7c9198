"""The one training loop: from a network, pictures and a recipe to learned weights; what networks are is not known."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from linnet import seeds
from linnet.datasets.base import Dataset
from linnet.errors import TrainingError
from linnet.progress import SILENT, Progress, Task
from linnet.records.history import Epoch, History
from linnet.training.batches import Batch, batches, one_hot
from linnet.training.due import is_out_of_time, is_time_to_checkpoint, is_time_to_log, is_time_to_stop
from linnet.training.losses.base import smoothed
from linnet.training.memory import keep_big_blocks
from linnet.training.recipe import Recipe
from linnet.training.scoring import Score, score
from linnet.training.starting import Parts, begin
from linnet.training.state import Position, State
from linnet.training.threads import threads_for
from linnet.transforms.draws import Draws

CHECKPOINT_SECONDS = 20.0
"""Between two checkpoints, if a step is done by then; what a crash can cost."""

_CHECK_EVERY = 10
"""Steps after which the loss is looked at: a look waits for the device."""


def train(
    network: nn.Module,
    train: Dataset,
    valid: Dataset | None,
    recipe: Recipe,
    *,
    seed: int = 0,
    progress: Progress = SILENT,
    checkpoints: Path | None = None,
) -> History:
    """Train a network in place.

    Whatever is random is made from the seed, its purpose and the step, and no global random state is left changed. So
    a training that was stopped at any moment and goes on from its checkpoint ends with the same weights to the bit.

    Args:
        network: Takes (b, c, h, w) uint8, or float32 in [0, 1], and returns (b, k) logits.
        train: At least one picture.
        valid: Judges each round, and so decides which weights to keep and, with `patience`, when to end.
        recipe: What to do.
        seed: The same seed, data and machine give the same weights to the bit.
        progress: Told loss, accuracy and pictures per second.
        checkpoints: A folder; training goes on from the checkpoint in it, and writes one every 20 seconds.

    Returns:
        One row per round.

    Raises:
        TrainingError: the loss is no number any more.
        RunError: the checkpoint is damaged or of another training.
    """
    keep_big_blocks()
    with _isolated(), threads_for(recipe.images_per_step(len(train)) * _n_weights(network)):
        parts, state = begin(network, train, valid, recipe, seed=seed)
        file = checkpoints / "last.safetensors" if checkpoints is not None else None
        if file is not None and file.exists():
            state.restore(file)
        _learn(parts, state, file, progress)
        _finish(state)
    return History(epochs=tuple(Epoch(**row) for row in state.position.rows))


def seconds_per_step(network: nn.Module, train: Dataset, recipe: Recipe, *, seed: int = 0, n_steps: int = 4) -> float:
    """Measure what a step of a training costs, by making some; the network is of no use afterwards.

    Args:
        network: As for `train`.
        train: At least one picture.
        recipe: What a training would do.
        seed: Of everything random.
        n_steps: So many are timed, after one that is not: the first finds memory and kernels.
    """
    keep_big_blocks()
    with _isolated(), threads_for(recipe.images_per_step(len(train)) * _n_weights(network)):
        parts, state = begin(network, train, None, recipe, seed=seed)
        network.train()
        coming = list(islice(batches(train, size=recipe.images_per_step(len(train)), seed=seed, epoch=0), n_steps + 1))
        started = time.perf_counter()
        for i, batch in enumerate(coming):
            if i == 1:
                started = time.perf_counter()
            _step(parts, state, batch)
        return (time.perf_counter() - started) / max(1, len(coming) - 1)


def _learn(parts: Parts, state: State, file: Path | None, progress: Progress) -> None:
    """Go round and round until it is over."""
    steps_per_epoch = parts.recipe.steps_per_epoch(len(parts.train))
    with progress.task("Training", parts.n_epochs * steps_per_epoch) as task:
        task.advance(state.position.step)
        while not state.position.is_over:
            _round(parts, state, file, task)
            _judge(parts, state)
            if file is not None:
                state.save(file)


def _round(parts: Parts, state: State, file: Path | None, task: Task) -> None:
    """Go once over the training pictures, or over those that an interruption left."""
    at, recipe = state.position, parts.recipe
    state.network.train()
    saved = begun = time.monotonic()
    coming = batches(
        parts.train, size=recipe.images_per_step(len(parts.train)), seed=parts.seed, epoch=at.epoch, first=at.batch,
        rank=parts.fabric.global_rank, world=parts.fabric.world_size,
    )  # fmt: skip
    last = recipe.steps_per_epoch(len(parts.train)) - 1
    for batch in coming:
        _step(parts, state, batch)
        at.batch += 1
        at.step += 1
        now = time.monotonic()
        at.epoch_seconds, at.seconds, begun = at.epoch_seconds + now - begun, at.seconds + now - begun, now
        note = ""
        if is_time_to_log(at.batch - 1, _CHECK_EVERY, last=last):
            _refuse_divergence(state)
            note = f"loss {at.loss / at.n_seen:.3f}, {at.n_seen / max(at.epoch_seconds, 1e-9):,.0f} images/s"
        task.advance(note=note) if note else task.advance()
        if is_out_of_time(0.0, at.seconds, budget=recipe.time_budget or None):
            at.is_over = True
            break
        if file is not None and is_time_to_checkpoint(now, saved, every_seconds=CHECKPOINT_SECONDS):
            _refuse_divergence(state)
            state.save(file)
            saved = time.monotonic()


def _step(parts: Parts, state: State, batch: Batch) -> None:
    """Learn from one batch: augment, forward, loss, backward, clip, step, average."""
    at, optimizer = state.position, state.optimizer
    for group in optimizer.param_groups:
        group["lr"] = group["initial_lr"] * state.schedule.factor(at.step)
    draws = Draws(parts.seed, at.epoch, batch.rows)
    images, targets = batch.images, one_hot(batch.labels, parts.train.n_classes)
    if parts.augmentation is not None:
        images, targets = parts.augmentation(images, targets, draws=draws)
    images, targets, labels = parts.fabric.to_device((images, targets, batch.labels))
    _seed_dropout(parts, at)
    measured: list[tuple[Tensor, Tensor]] = []

    def closure() -> Tensor:
        optimizer.zero_grad(set_to_none=True)
        value, logits = _loss(parts, state.network, images, targets)
        parts.fabric.backward(value)
        if parts.recipe.gradient_clip:
            nn.utils.clip_grad_norm_(state.network.parameters(), parts.recipe.gradient_clip)
        measured.append((value.detach(), (logits.detach().argmax(1) == labels).sum()))
        return value.detach()

    if isinstance(optimizer, torch.optim.LBFGS):
        optimizer.step(closure)  # type: ignore[no-untyped-call]
    else:
        closure()
        optimizer.step()
    if state.average is not None:
        state.average.update()
    value, n_right = measured[0]
    at.loss += float(value) * len(labels)
    at.n_right += float(n_right)
    at.n_seen += len(labels)


def _loss(parts: Parts, network: nn.Module, images: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean loss of a batch with its penalties, and the logits."""
    recipe = parts.recipe
    if len(images) == 1:
        # Batch normalization refuses a single picture; beside itself it is what it is.
        logits = parts.forward(torch.cat([images, images])).float()[:1]
    else:
        logits = parts.forward(images).float()
    value = parts.loss(logits, smoothed(targets, recipe.label_smoothing), class_weights=parts.class_weights)
    if recipe.penalty_l1 or recipe.penalty_l2:
        weights = [parameter for parameter in network.parameters() if parameter.ndim > 1]
        for weight in weights:
            value = value + recipe.penalty_l1 * weight.abs().sum() + recipe.penalty_l2 / 2 * weight.square().sum()
    return value, logits


def _judge(parts: Parts, state: State) -> None:
    """Close a round: validate, write its row, decide whether it was the last."""
    at, recipe = state.position, parts.recipe
    _refuse_divergence(state)
    begun = time.monotonic()
    found = _validate(parts, state)
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
        state.best = {name: tensor.detach().cpu().clone() for name, tensor in _judged_weights(state).items()}
    if found:
        state.schedule.observe(found.loss)
    over = at.is_over or at.epoch + 1 >= parts.n_epochs or is_time_to_stop(judged, recipe.patience or None)
    state.position = Position(epoch=at.epoch + 1, step=at.step, seconds=at.seconds, rows=rows, is_over=over)


def _badness(row: dict[str, Any]) -> float:
    """Turn validation into one number, the smaller the better: the error, and among equal errors the loss."""
    return float(1 - row["valid_accuracy"] + 1e-9 * min(row["valid_loss"], 1e3))


def _validate(parts: Parts, state: State) -> Score | None:
    if parts.valid is None or len(parts.valid) == 0:
        return None
    judge = partial(score, parts.forward, parts.valid, fabric=parts.fabric)
    if state.average is None:
        return judge()
    with state.average.swapped():
        return judge()


def _judged_weights(state: State) -> dict[str, Tensor]:
    """Return the weights that validation has seen: the averaged ones where an average is kept."""
    if state.average is None:
        return state.network.state_dict()
    with state.average.swapped() as network:
        return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def _finish(state: State) -> None:
    """Leave the weights to keep in the network: the best ones where that was asked and judged, else the last."""
    if state.best:
        state.network.load_state_dict(state.best)
    elif state.average is not None:
        state.network.load_state_dict(_judged_weights(state))
    state.network.to("cpu")
    state.network.eval()


@contextmanager
def _isolated() -> Iterator[None]:
    """Give the random numbers of dropout a generator of their own: the global one is put back afterwards."""
    devices = list(range(torch.cuda.device_count()))
    with torch.random.fork_rng(devices=devices):
        yield


def _seed_dropout(parts: Parts, at: Position) -> None:
    """Let dropout depend on nothing but the seed, the step and the process."""
    torch.manual_seed(seeds.derive(parts.seed, "dropout", at.step, parts.fabric.global_rank))


def _refuse_divergence(state: State) -> None:
    at = state.position
    if at.loss - at.loss != 0:  # infinite, or no number
        rate = state.optimizer.param_groups[0]["lr"]
        raise TrainingError(
            f"The loss is no number any more in epoch {at.epoch + 1}, at a learning rate of {rate:.3g}; "
            "take a tenth of learning_rate, or set gradient_clip=1."
        )


def _n_weights(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())
