import pytest

from linnet.progress import SILENT, Progress, Task


def count_to_three(progress: Progress) -> int:
    with progress.task("counting", total=3) as task:
        for step in range(3):
            task.advance(note=f"at {step}")
    progress.say("Done.")
    return 3


def test_silence_swallows_tasks_and_sentences(capsys):
    assert count_to_three(SILENT) == 3
    assert capsys.readouterr() == ("", "")


def test_a_task_passes_errors_on():
    with pytest.raises(ValueError, match="through"), SILENT.task("failing"):
        raise ValueError("through")


def test_anything_with_the_two_methods_can_listen():
    heard = []

    class Listening:
        def task(self, text, total=None):
            heard.append((text, total))
            return SILENT.task(text, total)

        def say(self, text):
            heard.append(text)

    assert count_to_three(Listening()) == 3
    assert heard == [("counting", 3), "Done."]


def test_a_silent_task_is_a_task():
    with SILENT.task("one") as task:
        advance: Task = task
        advance.advance(2)
