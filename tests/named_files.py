"""Small stand-ins for the published files of named sets, and a machine without a network."""

import gzip
import hashlib
import io
import pickle
import socket
import tarfile

import numpy as np
import torchvision.datasets
from PIL import Image


def idx_bytes(array, kind=8):
    """Write an array as IDX."""
    return bytes([0, 0, kind, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape) + array.tobytes()


def write_idx_set(folder, *, n_train=5, n_test=3, suffix="", labels=None, seed=0):
    """Write four IDX files with pictures by chance; return (images, labels) of both parts together."""
    generator = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    images = generator.integers(0, 256, (n_train + n_test, 4, 6), dtype=np.uint8)
    labels = generator.integers(0, 3, n_train + n_test, dtype=np.uint8) if labels is None else labels
    cut = {"train": slice(0, n_train), "t10k": slice(n_train, None)}
    for start, part in cut.items():
        for name, data in (("images-idx3", images[part]), ("labels-idx1", labels[part])):
            raw = idx_bytes(data)
            (folder / f"{start}-{name}-ubyte{suffix}").write_bytes(gzip.compress(raw) if suffix else raw)
    return images, labels


def write_class_folders(folder, class_names):
    """Write one small picture into train/ and test/ of each class."""
    for i, name in enumerate(class_names):
        for split in ("train", "test"):
            (folder / split / name).mkdir(parents=True)
            Image.new("RGB", (4, 4), (i, 2 * i, 0)).save(folder / split / name / "a.png")


def write_cifar(folder, monkeypatch, *, class_name="CIFAR10", n=4):
    """Write batches as torchvision wants them, and teach it their checksums; return (images, labels) of all."""
    make = getattr(torchvision.datasets, class_name)
    inner = folder / make.base_folder
    inner.mkdir(parents=True)
    key = "labels" if class_name == "CIFAR10" else "fine_labels"
    generator = np.random.default_rng(0)
    images, labels, lists = [], [], []
    for part in (make.train_list, make.test_list):
        checked = []
        for name, _ in part:
            data = generator.integers(0, 256, (n, 3072), dtype=np.uint8)
            numbers = generator.integers(0, 10, n).tolist()
            checked.append([name, _write(inner / name, {"data": data, key: numbers})])
            images.append(data.reshape(n, 3, 32, 32))
            labels += numbers
        lists.append(checked)
    meta = dict(make.meta, md5=_write(inner / make.meta["filename"], {make.meta["key"]: ["x"] * 10}))
    for attribute, value in zip(("train_list", "test_list", "meta"), (*lists, meta), strict=True):
        monkeypatch.setattr(make, attribute, value)
    return np.concatenate(images), np.array(labels)


def pack_tar(folder, path):
    """Pack a folder as .tar.gz; return the checksum."""
    with tarfile.open(path, "w:gz") as tar:
        tar.add(folder, folder.name)
    return hashlib.md5(path.read_bytes()).hexdigest()


def without_network(monkeypatch):
    """Let every connection fail at once."""

    def refuse(*_, **__):
        raise OSError("Network is unreachable")

    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def png(size, level=0, mode="L"):
    """Encode a plain picture."""
    data = io.BytesIO()
    Image.new(mode, size, level).save(data, "PNG")
    return data.getvalue()


def _write(path, value):
    data = pickle.dumps(value)
    path.write_bytes(data)
    return hashlib.md5(data).hexdigest()
