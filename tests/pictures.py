"""Pictures and folders of them, made in code, for tests of how files are read."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from linnet.datasets.base import Item, Source

NOISE = np.random.Generator(np.random.PCG64(0)).integers(0, 256, (20, 30, 3), dtype=np.uint8)


def encoded(image, file_format="PNG", **options):
    """The bytes of an image or a pixel array in a file format."""
    buffer = io.BytesIO()
    (Image.fromarray(image) if isinstance(image, np.ndarray) else image).save(buffer, file_format, **options)
    return buffer.getvalue()


def picture(seed, *, height=8, width=8, channels=3, file_format="PNG"):
    """The bytes of a picture of noise."""
    shape = (height, width, channels) if channels > 1 else (height, width)
    return encoded(np.random.Generator(np.random.PCG64(seed)).integers(0, 256, shape, dtype=np.uint8), file_format)


def write_tree(folder, files):
    """Write files (path: bytes, or None for an empty folder) below a folder, and return it."""
    for path, data in files.items():
        target = Path(folder) / path
        if data is None:
            target.mkdir(parents=True, exist_ok=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    return folder


def two_classes(n=3, **options):
    """The files of a small tree of class folders, "cats" and "dogs", with n pictures each."""
    return {
        f"{name}/{i}.png": picture(100 * k + i, **options) for k, name in enumerate(("cats", "dogs")) for i in range(n)
    }


class MemorySource(Source):
    """Files in memory (path "CLASS/NAME": bytes), of a source that brings no reader of its own."""

    name = "memory"

    def __init__(self, files):
        self.files = files

    @property
    def class_names(self):
        return tuple(sorted({path.partition("/")[0] for path in self.files}))

    def fingerprint(self):
        return repr(self.files)

    def items(self):
        return [Item(id=path, label=path.partition("/")[0]) for path in self.files]

    def read(self, item, *, limit):
        return self.files[item.id]
