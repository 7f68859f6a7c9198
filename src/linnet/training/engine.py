"""The one training loop: from a network, pictures and a recipe to learned weights; what networks are is not known."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor, nn

from linnet import seeds
from linnet.datasets.base import Dataset
from linnet.progress import SILENT, Progress, Task
from linnet.records.health import Checkup, Health
from linnet.records.history import Epoch, History
from linnet.training.batches import Batch, batches, one_hot
from linnet.training.checkpoints import Checkpoint
from linnet.training.devices import ALONE, Devices
from linnet.training.due import is_out_of_time, is_time_to_checkpoint, is_time_to_log
from linnet.training.gradients import Learned, Shown, backpropagate
from linnet.training.judging import is_sound, judge, judged_weights, refuse_divergence
from linnet.training.losses.base import smoothed
from linnet.training.memory import keep_big_blocks
from linnet.training.optimizers import set_rates
from linnet.training.precision import Precision, choose_precision
from linnet.training.recipe import Recipe
from linnet.training.starting import Parts, begin
from linnet.training.state import Position, State
from linnet.training.team import Team, gathered
from linnet.training.threads import threads_for
from linnet.training.watching import Reporter
from linnet.transforms.draws import Draws
from linnet.words import percent

CHECKPOINT_SECONDS = 20.0
"""From one checkpoint to the next, if a step is done by then: what a crash can cost. Short rounds share one."""

_CHECK_EVERY = 10
"""Steps after which the loss is looked at: a look waits for the device."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Session:
    """Say what surrounds a training and changes nothing of what it learns.

    Args:
        progress: Told how it is computed, loss, accuracy and pictures per second, and what ails the layers; an
            `Audience` has a watcher that is told of every round, too.
        checkpoints: A folder; training goes on from the checkpoint in it, and writes one every 20 seconds.
        devices: What it runs on; so many processes share every batch.
    """

    progress: Progress = SILENT
    checkpoints: Path | None = None
    devices: Devices = ALONE


@dataclass(frozen=True, eq=False, kw_only=True)
class Job:
    """Hold all that a process needs to take part in a training.

    Attributes:
        network: With its first weights, on the CPU.
        train: What is learned from.
        valid: What judges each round, if anything.
        recipe: What to do.
        seed: Of everything random.
        checkpoint: Where to go on from, if anywhere.
        device: What each process computes on: "cpu", "cuda" or "mps".
        precision: What products are computed in: the leader's choice, also on machines that would choose otherwise,
            since an optimizer that multiplies must move the weights of all processes alike.
    """

    network: nn.Module
    train: Dataset
    valid: Dataset | None
    recipe: Recipe
    seed: int
    checkpoint: Checkpoint | None
    device: str
    precision: Precision


def train(
    network: nn.Module,
    train: Dataset,
    valid: Dataset | None,
    recipe: Recipe,
    *,
    seed: int = 0,
    session: Session | None = None,
) -> History:
    """Train a network in place.

    Whatever is random is made from the seed, its purpose and the step, and no global random state is left changed. So
    a training that was stopped at any moment and goes on from its checkpoint ends with the same weights to the bit, as
    far as kernels do not vary: those of processors do not, and some of GPUs may.

    Args:
        network: Takes (b, c, h, w) uint8, or float32 in [0, 1], and returns (b, k) logits; where several processes
            train it, of a class that they can import.
        train: At least one picture.
        valid: Judges each round, and so decides which weights to keep and, with `patience`, when to end.
        recipe: What to do.
        seed: The same seed, data, machine and number of processes give the same weights to the bit, on processors.
        session: Progress, checkpoints and devices.

    Returns:
        One row per round, how the layers fared after the first round and the last, and how it was computed.

    Raises:
        DivergedError: the loss or a weight is no number any more; the last checkpoint is from before that.
        TrainingError: no memory for a single picture, or a process that ended.
        RunError: the checkpoint is damaged or of another training.
        ConfigError: devices that are not there.
    """
    around = session or Session()
    file = around.checkpoints / "last.safetensors" if around.checkpoints is not None else None
    checkpoint = Checkpoint.read(file) if file is not None and file.exists() else None
    with gathered(around.devices) as team:
        job = Job(
            network=network, train=train, valid=valid, recipe=recipe, seed=seed, checkpoint=checkpoint,
            device=team.device, precision=choose_precision(recipe.precision, device=team.device),
        )  # fmt: skip
        if team.size > 1:
            team.fabric().broadcast(job)
        return take_part(job, team, file=file, progress=around.progress)


def take_part(job: Job, team: Team, *, file: Path | None = None, progress: Progress = SILENT) -> History:
    """Do one process's share of a training; all of them call this with the same job.

    Args:
        job: As the leader has made it.
        team: All processes.
        file: Where the leader writes checkpoints; nobody else does.
        progress: Where the leader reports to.
    """
    keep_big_blocks()
    n_multiplications = job.recipe.images_per_step(len(job.train)) * _n_weights(job.network)
    with isolated(), team.own_cores(), threads_for(n_multiplications):
        parts, state = begin(
            job.network, job.train, job.valid, job.recipe, seed=job.seed, team=team, precision=job.precision
        )
        progress.say(parts.computing.sentence())
        if job.checkpoint is not None:
            state.restore(job.checkpoint, file or Path("last.safetensors"))
        _learn(parts, state, file, progress)
        _finish(state)
    return History(
        epochs=tuple(Epoch(**row) for row in state.position.rows),
        health=Health(checkups=tuple(Checkup.from_plain(plain) for plain in state.position.health)),
        computing=parts.computing,
    )


@contextmanager
def on_trial(
    network: nn.Module, train: Dataset, recipe: Recipe, *, seed: int = 0, devices: Devices = ALONE
) -> Iterator[tuple[Parts, State]]:
    """Put a training together of which some steps are made to see how they go; the network is of no use afterwards.

    Args:
        network: As for `train`.
        train: At least one picture.
        recipe: What a training would do.
        seed: Of everything random.
        devices: Where it would run; steps are made by a single process there.
    """
    keep_big_blocks()
    with isolated(), threads_for(recipe.images_per_step(len(train)) * _n_weights(network)):
        parts, state = begin(network, train, None, recipe, seed=seed, team=Team(device=devices.chosen()))
        network.train()
        yield parts, state


def seconds_per_step(
    network: nn.Module,
    train: Dataset,
    recipe: Recipe,
    *,
    seed: int = 0,
    n_steps: int = 4,
    devices: Devices = ALONE,
) -> float:
    """Measure what a step of a training costs, by making some; the network is of no use afterwards.

    Args:
        network: As for `train`.
        train: At least one picture.
        recipe: What a training would do.
        seed: Of everything random.
        n_steps: So many are timed, after one that is not: the first finds memory and kernels.
        devices: Where it would run. Of several GPUs each does its share; processes on one processor share its cores,
            and are as quick as one.
    """
    with on_trial(network, train, recipe, seed=seed, devices=devices) as (parts, state):
        coming = list(islice(batches(train, size=recipe.images_per_step(len(train)), seed=seed, epoch=0), n_steps + 1))
        started = time.perf_counter()
        for i, batch in enumerate(coming):
            if i == 1:
                started = time.perf_counter()
            learn_from(parts, state, batch)
        seconds = (time.perf_counter() - started) / max(1, len(coming) - 1)
    return seconds / devices.count if devices.chosen() == "cuda" else seconds


def _learn(parts: Parts, state: State, file: Path | None, progress: Progress) -> None:
    """Go round and round until it is over."""
    steps_per_epoch = parts.recipe.steps_per_epoch(len(parts.train))
    reporter = Reporter(parts=parts, state=state, progress=progress)
    keeper = _Keeper(file)
    with progress.task("Training", parts.n_epochs * steps_per_epoch) as task, reporter.open():
        task.advance(state.position.step)
        while not state.position.is_over:
            before = state.position.n_parts
            _round(parts, state, keeper, task)
            if state.position.n_parts > before:
                progress.say(f"Memory is short: each batch is computed in {state.position.n_parts} parts from now on.")
            judge(parts, state)
            reporter.round_over()
            keeper.offer(state, is_over=state.position.is_over)


class _Keeper:
    """Write checkpoints, as often as it is time to."""

    def __init__(self, file: Path | None) -> None:
        self._file, self._saved = file, time.monotonic()

    def offer(self, state: State, *, is_over: bool = False) -> None:
        """Write one if it is time or the training is over; what is ruined is not written over what is not."""
        now = time.monotonic()
        is_time = is_over or is_time_to_checkpoint(now, self._saved, every_seconds=CHECKPOINT_SECONDS)
        if self._file is not None and is_time and is_sound(state):
            state.save(self._file)
            self._saved = time.monotonic()


def _round(parts: Parts, state: State, keeper: _Keeper, task: Task) -> None:
    """Go once over the training pictures, or over those that an interruption left."""
    at, recipe = state.position, parts.recipe
    state.network.train()
    begun = time.monotonic()
    coming = batches(
        parts.train, size=recipe.images_per_step(len(parts.train)), seed=parts.seed, epoch=at.epoch, first=at.batch,
        rank=parts.fabric.global_rank, world=parts.fabric.world_size,
    )  # fmt: skip
    last = recipe.steps_per_epoch(len(parts.train)) - 1
    for batch in coming:
        learn_from(parts, state, batch)
        at.batch += 1
        at.step += 1
        now = time.monotonic()
        at.epoch_seconds, at.seconds, begun = at.epoch_seconds + now - begun, at.seconds + now - begun, now
        note = ""
        if is_time_to_log(at.batch - 1, _CHECK_EVERY, last=last):
            refuse_divergence(state)
            note = _note(at)
        task.advance(note=note) if note else task.advance()
        if recipe.time_budget and _all_agree(parts, is_out_of_time(0.0, at.seconds, budget=recipe.time_budget)):
            at.is_over = True
            break
        keeper.offer(state)


def learn_from(parts: Parts, state: State, batch: Batch) -> None:
    """Learn from one batch: augment, forward, loss, backward, clip, step, average."""
    at, optimizer = state.position, state.optimizer
    set_rates(optimizer, state.schedule, at.step)
    shown = _shown(parts, at, batch)
    learned: list[Learned] = []

    def closure() -> Tensor:
        learned.append(backpropagate(parts, state.network, shown, n_parts=at.n_parts))
        at.n_parts = learned[-1].n_parts
        if parts.recipe.gradient_clip:
            nn.utils.clip_grad_norm_(state.network.parameters(), parts.recipe.gradient_clip)
        return learned[-1].loss

    def flat_closure() -> Tensor:
        loss = closure()
        for parameter in state.network.parameters():
            if parameter.grad is not None:  # torch's L-BFGS takes gradients for one row of numbers each
                parameter.grad = parameter.grad.contiguous()
        return loss

    if isinstance(optimizer, torch.optim.LBFGS):
        optimizer.step(flat_closure)  # type: ignore[no-untyped-call]
    else:
        closure()
        optimizer.step()
    if state.average is not None:
        state.average.update()
    at.loss += float(learned[0].loss) * batch.n_total
    at.n_right += learned[0].n_right
    at.n_seen += batch.n_total


def _shown(parts: Parts, at: Position, batch: Batch) -> Shown:
    """Augment this process's share of a batch, and bring it to the device."""
    images, targets = batch.images, one_hot(batch.labels, parts.train.n_classes)
    if parts.augmentation is not None and len(images):
        images, targets = parts.augmentation(images, targets, draws=Draws(parts.seed, at.epoch, batch.rows))
    targets = smoothed(targets, parts.recipe.label_smoothing)
    images, targets, labels = parts.fabric.to_device((images, targets, batch.labels))
    seed = seeds.derive(parts.seed, "dropout", at.step, parts.fabric.global_rank)
    return Shown(images=images, targets=targets, labels=labels, n_total=batch.n_total, seed=seed)


def _note(at: Position) -> str:
    rate = at.n_seen / max(at.epoch_seconds, 1e-9)
    return f"loss {at.loss / at.n_seen:.3f}, {percent(at.n_right / at.n_seen)} right, {rate:,.0f} images/s"


def _all_agree(parts: Parts, answer: bool) -> bool:
    """Take the first process's answer where clocks decide: they differ."""
    return bool(parts.fabric.broadcast(answer)) if parts.fabric.world_size > 1 else answer


def _finish(state: State) -> None:
    """Leave the weights to keep in the network: the best ones where that was asked and judged, else the last."""
    if state.best:
        state.network.load_state_dict(state.best)
    elif state.average is not None:
        state.network.load_state_dict(judged_weights(state))
    state.network.to("cpu")
    state.network.eval()


@contextmanager
def isolated() -> Iterator[None]:
    """Give the random numbers of dropout a generator of their own: the global one is put back afterwards."""
    devices = list(range(torch.cuda.device_count()))
    with torch.random.fork_rng(devices=devices):
        yield


def _n_weights(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())
