"""Show results: tables for people, JSON for programs."""

import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from linnet.cli import show_layers, show_leaderboard
from linnet.cli.live import LiveProgress
from linnet.records.data_facts import DataFacts
from linnet.records.files import write_json
from linnet.records.inquiry import Inquiry
from linnet.records.leaderboard import Leaderboard
from linnet.records.run import Run
from linnet.words import count, in_100

_MOST_CLASSES = 30

_BY_FLAG = "Settings (--set NAME.SETTING=VALUE)"
_IN_BRACKETS = "Settings (in brackets behind the name)"


def progress() -> LiveProgress:
    """Make the progress display, on standard error."""
    return LiveProgress(Console(stderr=True, highlight=False))


def finished_run(run: Run, *, as_json: bool) -> None:
    """Show a run that came to its end."""
    if as_json:
        _print_json({"run": str(run.folder), "report": str(run.folder / "report.html"), **run.leaderboard.to_json()})
        return
    leaderboard(run.leaderboard, as_json=False, shown_settings=asked_settings(run))
    console = _console()
    where = escape(str(run.folder / "report.html"))
    console.print(f"Report: [bold]{where}[/bold]  (open it in a browser)", soft_wrap=True)


def asked_settings(run: Run) -> dict[str, tuple[str, ...]]:
    """Name the settings of each rung that were chosen or fixed; all others are the defaults."""
    return {
        rung: tuple(dict.fromkeys((*run.selection(rung).varied, *run.experiment.fixed(rung)))) for rung in run.rungs
    }


def leaderboard(
    found: Leaderboard, *, as_json: bool, shown_settings: Mapping[str, Sequence[str]] | None = None
) -> None:
    """Show a leaderboard, and what has no row in it.

    Args:
        found: The leaderboard.
        as_json: Print all of it as JSON instead.
        shown_settings: Which settings of each rung to show, see `asked_settings`; None: none.
    """
    if as_json:
        _print_json(found.to_json())
        return
    console = _console()
    show_leaderboard.rows(console, found)
    tied = [row.rung for row in found.rows[1:] if row.tied_with_best]
    if tied:
        console.print(f"{found.rows[0].rung} cannot be told from {', '.join(tied)} on these pictures (paired test).")
    show_leaderboard.settings(console, found, shown_settings or {})
    for skipped in found.skipped:
        console.print(f"Skipped: {skipped.rung}: {escape(skipped.reason)}")


def found_rate(found: Any, *, as_json: bool) -> None:
    """Show which learning rate a sweep suggests, or that it suggests none."""
    if as_json:
        losses = [loss if math.isfinite(loss) else None for loss in found.losses]
        _print_json(asdict(found) | {"losses": losses})
        return
    console = _console()
    console.print(f"Tried: {len(found.rates)} learning rates, {found.rates[0]:.2g} to {found.rates[-1]:.2g}.")
    now = f"{found.rung} would use {found.learning_rate:g} now"
    if found.suggestion is None:
        console.print(f"The loss fell at none of them, so there is nothing to suggest; {now}.")
        console.print(
            "Try a larger batch_size, which makes losses less noisy, a plainer augment, or another optimizer; "
            "and look whether the labels fit the pictures.",
            soft_wrap=True,
        )
    else:
        console.print(f"Suggested: [bold]{found.suggestion:g}[/bold], where the loss fell fastest; {now}.")
        console.print(f"Train with it: {escape(found.command)}", soft_wrap=True)
    files = " and ".join(f"[bold]{escape(str(path))}[/bold]" for path in (found.picture, found.table) if path)
    console.print(f"The loss over the rate: {files}", soft_wrap=True)


def inspection(found: Any, *, as_json: bool) -> None:
    """Show what is in some data."""
    facts: DataFacts = found.facts
    if as_json:
        drawn = {"augmented": str(found.augmented), "augmentation": found.augmentation} if found.augmented else {}
        _print_json(asdict(facts) | drawn)
        return
    console = _console()
    table = Table(title=f"{escape(facts.name)}: pictures per class", title_justify="left", header_style="bold")
    table.add_column("class")
    for split in facts.class_counts:
        table.add_column(split, justify="right")
    for name in facts.class_names[:_MOST_CLASSES]:
        table.add_row(escape(name), *(str(counts[name]) for counts in facts.class_counts.values()))
    console.print(table)
    if len(facts.class_names) > _MOST_CLASSES:
        console.print(f"... and {count(len(facts.class_names) - _MOST_CLASSES, 'more class')}.")
    c, h, w = facts.image_shape
    console.print(f"Stored as {c} x {h} x {w} ({facts.geometry.get('fit', 'as they are')}).")
    console.print("Files: " + ", ".join(f"{n} {status}" for status, n in facts.counts.items()) + ".")
    problems = [i for i, status in enumerate(found.manifest.status) if status not in ("used", "ignored")]
    for i in problems[:20]:
        manifest = found.manifest
        console.print(f"  {escape(manifest.id[i])}: {manifest.status[i]}, {escape(manifest.reason[i])}", style="yellow")
    if len(problems) > 20:
        console.print(f"  ... and {len(problems) - 20} more; --out FOLDER writes all of them into manifest.csv.")
    if found.augmented:
        what = (
            f"Augmented by {found.augmentation}: a row per training picture, first as it is and then in eight epochs:"
        )
        console.print(f"{escape(what)} [bold]{escape(str(found.augmented))}[/bold]", soft_wrap=True)


def entries(found: Mapping[str, Mapping[str, str]], *, as_json: bool, out: Path | None) -> None:
    """Show the catalogs."""
    if out is not None:
        write_json(out, found)
    if as_json:
        _print_json(found)
        return
    console = _console()
    for family, names in found.items():
        console.print(f"[bold]{family}[/bold]")
        width = max(len(name) for name in names)
        for name, about in names.items():
            console.print(f"  {name:<{width}}  {escape(about)}", soft_wrap=True)


def description(found: Any, *, as_json: bool, out: Path | None) -> None:
    """Show one entry; where the layers of a network were asked for, those instead of its text and settings."""
    if out is not None:
        write_json(out, asdict(found))
    if as_json:
        _print_json(asdict(found))
        return
    console = _console()
    console.print(f"[bold]{found.name}[/bold] ({found.family}): {escape(found.about)}\n")
    if found.layers is not None:
        show_layers.layers(console, found.name, found.layers)
        return
    console.print(escape(found.text), soft_wrap=True)
    if found.settings:
        table = Table(header_style="bold")
        for name in ("setting", "type", "default"):
            table.add_column(name)
        for name, (kind, default) in found.settings.items():
            table.add_row(name, escape(kind), "must be given" if default is None else escape(repr(default)))
        console.print(f"\n[bold]{_BY_FLAG if found.family == 'classifiers' else _IN_BRACKETS}[/bold]")
        console.print(table)
    if found.candidates:
        console.print(f"Chosen on validation data among {len(found.candidates)}: ", end="")
        console.print(
            "; ".join(", ".join(f"{k}={v}" for k, v in c.items()) or "the defaults" for c in found.candidates)
        )


def explanation(found: Any, *, as_json: bool) -> None:
    """Show what a rung said of pictures, and where the page about it lies."""
    inquiry: Inquiry = found.inquiry
    if as_json:
        _print_json({"folder": str(found.folder), "page": str(found.page), **asdict(inquiry)})
        return
    console = _console()
    table = Table(title=f"What {inquiry.rung} says", title_justify="left", header_style="bold")
    for name in ("picture", "predicted", "explained", "by"):
        table.add_column(name, overflow="fold")
    table.add_column("probability", justify="right")
    for answer in inquiry.answers:
        methods = ", ".join(dict.fromkeys(drawing.method for drawing in answer.drawings))
        probability = f"{in_100(answer.probabilities[answer.predicted], 1)} %"
        table.add_row(escape(answer.name), escape(answer.predicted), escape(answer.target), methods, probability)
    console.print(table)
    for sentence in dict.fromkeys(d.sanity for answer in inquiry.answers for d in answer.drawings if d.sanity):
        console.print(escape(sentence), soft_wrap=True)
    console.print(f"Explanations: [bold]{escape(str(found.page))}[/bold]  (open it in a browser)", soft_wrap=True)


def written(path: Path, *, as_json: bool) -> None:
    """Show where something was written."""
    if as_json:
        _print_json({"path": str(path)})
    else:
        _console().print(f"Written: [bold]{escape(str(path))}[/bold]", soft_wrap=True)


def _console() -> Console:
    console = Console(highlight=False)
    return Console(highlight=False, width=160) if not console.is_terminal else console


def _print_json(value: Any) -> None:
    # ASCII alone: a terminal or a pipe of another encoding than UTF-8 would refuse names of classes and folders.
    print(json.dumps(value, indent=1, ensure_ascii=True, default=str), file=sys.stdout)
