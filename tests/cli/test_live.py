import io

import pytest
from rich.console import Console

from linnet.cli.live import LiveProgress

NOTE = "loss 0.250, 91.0% right, 1,234 images/s"


def shown(work, *, terminal, width=100, **more):
    text = io.StringIO()
    console = Console(file=text, force_terminal=terminal, width=width, highlight=False, color_system=None, **more)
    with LiveProgress(console) as progress:
        work(progress)
    return text.getvalue()


def test_sentences_are_shown_with_brackets_as_they_are():
    assert "class [bold] is empty" in shown(lambda progress: progress.say("class [bold] is empty"), terminal=False)


def test_a_short_task_leaves_no_trace_where_there_is_no_terminal():
    def work(progress):
        with progress.task("Counting", 3) as task:
            task.advance(3, note="done")

    assert shown(work, terminal=False) == ""


def test_a_terminal_sees_the_task_and_its_count():
    def work(progress):
        with progress.task("Counting", 3) as task:
            task.advance(2)
            progress._live.refresh()

    text = shown(work, terminal=True)
    assert "Counting" in text
    assert "2/3" in text


@pytest.mark.parametrize(("width", "note"), [(120, NOTE), (80, "loss 0.250, 91.0"), (60, "")])
def test_the_time_left_is_seen_on_every_terminal_and_of_the_note_what_there_is_room_for(width, note):
    clock = [0.0]

    def work(progress):
        with progress.task("Choosing settings of mlp", 9), progress.task("Training", 100) as task:
            # What a training has done before it was interrupted comes at once, and says nothing of its speed.
            for n in (40, *[1] * 20):
                task.advance(n, note=NOTE)
                clock[0] += 2.0
            progress._live.refresh()

    text = shown(work, terminal=True, width=width, get_time=lambda: clock[0])
    (line,) = {line for line in text.splitlines() if "Training" in line and "60/100" in line}
    assert f" 60/100 0:00:42 left 0:01:20 {note}" in line


def test_a_task_that_fails_is_closed_too():
    def work(progress):
        try:
            with progress.task("Breaking", 1):
                raise ValueError
        except ValueError:
            pass
        assert progress._live.tasks == []

    shown(work, terminal=True)


def test_what_is_said_again_is_shown_once():
    def work(progress):
        for text in ("one thing", "another thing", "one thing"):
            progress.say(text)

    assert shown(work, terminal=False).splitlines() == ["one thing", "another thing"]
