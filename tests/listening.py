"""A progress that remembers what it was told, for tests of who says what."""

from linnet.progress import SILENT

OF_EVERY_TRAINING = "Networks are trained with"


class Heard:
    """Remember every sentence; with `all_but`, those that begin so are left out."""

    def __init__(self, all_but=None):
        self.said, self.all_but = [], all_but

    def say(self, text):
        if self.all_but is None or not text.startswith(self.all_but):
            self.said.append(text)

    def task(self, text, total=None):
        return SILENT.task(text, total)

    @property
    def of_flips(self):
        return [text for text in self.said if "Flips" in text]
