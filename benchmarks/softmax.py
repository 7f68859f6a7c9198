"""Time softmax regression on Fashion-MNIST against scikit-learn, and one textbook epoch against Dataset and DataLoader.

    LINNET_DATA=... python benchmarks/softmax.py --repeats 5

First: to the same training loss. LogisticRegression of scikit-learn (lbfgs, default penalty C = 1) runs to its end on
pixels in [0, 1]; ours takes the strongest of five penalties that ends with no larger a training loss. Second: one epoch
of mini-batch gradient descent with the same batch size. Targets: 10 and 15 times.
"""

import argparse
import gzip
import os
import time
from pathlib import Path

import numpy as np
import torch
from _measure import alternate, machine, measured, table
from torch import nn
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset
from torchvision import transforms

from linnet.classifiers.features import Features
from linnet.classifiers.softmax_regression import SoftmaxRegression
from linnet.datasets.base import Dataset
from linnet.progress import SILENT


def read(folder, name, offset):
    data = gzip.decompress((folder / f"{name}-ubyte.gz").read_bytes())
    return np.frombuffer(data, dtype=np.uint8, offset=offset)


class Pictures(TorchDataset):
    """One picture at a time, as tutorials do it."""

    def __init__(self, images, labels):
        self.images, self.labels = images, labels
        self.transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.286,), (0.353,))])

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return self.transform(self.images[i][:, :, None]), int(self.labels[i])


def loader_epoch(images, labels, batch_size, n_workers):
    loader = DataLoader(Pictures(images, labels), batch_size=batch_size, shuffle=True, num_workers=n_workers)
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.003)
    loss_of = nn.CrossEntropyLoss()
    for x, y in loader:
        optimizer.zero_grad()
        loss_of(model(x), y).backward()
        optimizer.step()


def objective(probabilities, labels):
    return float(-np.log(np.clip(probabilities[np.arange(len(labels)), labels], 1e-300, 1)).mean())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument(
        "--peer-repeats", type=int, default=None, help="runs of scikit-learn, which takes a minute each"
    )
    parser.add_argument("--batch-size", type=int, default=100)
    asked = parser.parse_args()
    folder = Path(os.environ["LINNET_DATA"]) / "fashion-mnist"
    images = read(folder, "train-images-idx3", 16).reshape(-1, 28, 28)
    labels = read(folder, "train-labels-idx1", 8).astype(np.int64)
    test_images = read(folder, "t10k-images-idx3", 16).reshape(-1, 28, 28)
    test_labels = read(folder, "t10k-labels-idx1", 8).astype(np.int64)
    print(machine())
    compare_solvers(asked, images, labels, test_images, test_labels)
    compare_epochs(asked, images, labels)


def compare_solvers(asked, images, labels, test_images, test_labels):
    from sklearn.linear_model import LogisticRegression

    data = Dataset.of(images[:, None].copy(), labels)
    flat, test_flat = images.reshape(len(images), -1) / 255.0, test_images.reshape(len(test_images), -1) / 255.0
    peer = LogisticRegression(max_iter=2000)
    start = time.perf_counter()
    peer.fit(flat, labels)
    peer_seconds = [time.perf_counter() - start]
    goal = objective(peer.predict_proba(flat), labels)
    # A weaker penalty reaches a lower training loss; take the strongest that reaches scikit-learn's.
    for penalty in (1e-3, 1e-4, 1e-5, 1e-6, 0.0):
        ours = SoftmaxRegression(penalty=penalty).fit(data)
        reached = objective(ours.predict_proba(data.images).numpy(), labels)
        if reached <= goal:
            break
    for _ in range((asked.peer_repeats or asked.repeats) - 1):
        start = time.perf_counter()
        LogisticRegression(max_iter=2000).fit(flat, labels)
        peer_seconds.append(time.perf_counter() - start)
    runs = alternate(
        {"linnet": lambda: measured(lambda: SoftmaxRegression(penalty=penalty).fit(data))}, repeats=asked.repeats
    )
    mine = float(np.median([run.seconds for run in runs["linnet"]]))
    theirs = float(np.median(peer_seconds))
    print(
        f"to training loss {goal:.5f} (ours {reached:.5f}, penalty {penalty:g}; theirs {peer.n_iter_[0]} iterations):"
    )
    print(f"  linnet {mine:.2f} s ({len(runs['linnet'])} runs), scikit-learn {theirs:.2f} s ({len(peer_seconds)} runs)")
    print(f"  ratio {theirs / mine:.1f}")
    theirs_right = (peer.predict(test_flat) == test_labels).mean()
    right = (ours.predict(torch.from_numpy(test_images[:, None].copy())).numpy() == test_labels).mean()
    print(f"  test accuracy: linnet {right:.4f}, scikit-learn {theirs_right:.4f} (n = 10,000)")


def compare_epochs(asked, images, labels):
    from linnet.training.textbook import sgd

    features = Features(
        values=torch.from_numpy(images.reshape(len(images), -1).copy()),
        labels=torch.from_numpy(labels),
        n_classes=10,
        n_channels=1,
    )
    rung = SoftmaxRegression(solver="sgd", epochs=1, batch_size=asked.batch_size)
    sgd.LEAST_STEPS = 1  # one epoch is one epoch here
    contestants = {
        "linnet": lambda: measured(lambda: rung.fit_features(features, seed=0, progress=SILENT)),
        "DataLoader, 0 workers": lambda: measured(lambda: loader_epoch(images, labels, asked.batch_size, 0)),
        "DataLoader, 2 workers": lambda: measured(lambda: loader_epoch(images, labels, asked.batch_size, 2)),
    }
    print(f"one epoch of {len(labels):,} pictures, batch size {asked.batch_size}:")
    print(table(alternate(contestants, repeats=asked.repeats)))


if __name__ == "__main__":
    main()
