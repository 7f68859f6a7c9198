import io

from rich.console import Console

from linnet.cli.live import LiveProgress


def shown(work, *, terminal):
    text = io.StringIO()
    console = Console(file=text, force_terminal=terminal, width=100, highlight=False)
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
