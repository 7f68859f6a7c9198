"""Time the data path alone: from bytes to augmented, normalized float batches, against torchvision in a DataLoader.

    LINNET_DATA=... python benchmarks/data_path.py --repeats 5

Ours reads a memory-mapped file of bytes, as a pack is one, in the order of an epoch, augments whole batches (pad-crop
with mirrored edges, then flip) and normalizes them as every network does; a row of its own adds the layout that the
convolutions want, which no peer makes. The peers change one picture at a time
(RandomCrop with black edges, which is less work, RandomHorizontalFlip, to float, Normalize): pictures of Pillow, as
tutorials have it, and the second version of the transforms on uint8 tensors; each in this process and with 2 workers
that stay. All in turns in one process, a round over all pictures each; the first round of each is not counted. At
224 px the pictures are noise, since nothing here looks at them. Targets, against the fastest peer on pictures of
Pillow: 10 times at 32 px, 2 times at 224 px.
"""

import argparse
import tempfile
import time
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median

import numpy as np
import torch
from _measure import machine
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset
from torchvision import transforms
from torchvision.transforms import v2

from linnet import catalog
from linnet.classifiers.network import Preprocessed
from linnet.datasets.base import Dataset
from linnet.training.batches import batches, one_hot
from linnet.training.memory import keep_big_blocks
from linnet.transforms.augmentations.parsing import parse
from linnet.transforms.draws import Draws
from training import DEVIATION, MEAN, pictures


def mapped(images, folder):
    """Write (n, h, w, 3) bytes channel by channel, and map the file as an opened pack is mapped."""
    path = Path(folder) / f"{images.shape[1]}.bin"
    planes = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
    planes.tofile(path)
    return torch.from_file(str(path), shared=False, size=planes.size, dtype=torch.uint8).view(planes.shape)


def linnet(pixels, labels, *, augment, batch_size, layout=torch.contiguous_format):
    """Return what makes one round after the other, a new epoch each, and yields (images, labels, rows)."""
    data = Dataset.of(pixels, labels)
    augmentation = parse(augment, partial(catalog.find, "augmentations"))
    shape = {"mean": torch.tensor(MEAN), "deviation": torch.tensor(DEVIATION), "max_side": 0}
    network = Preprocessed(nn.Identity(), **shape)
    epochs = count()

    def one_round():
        epoch = next(epochs)
        for batch in batches(data, size=batch_size, seed=0, epoch=epoch):
            draws = Draws(0, epoch, batch.rows)
            images, targets = augmentation(batch.images, one_hot(batch.labels, data.n_classes), draws=draws)
            yield network.normalized(images).contiguous(memory_format=layout), targets, batch.rows

    return one_round


class OneByOne(TorchDataset):
    """One picture at a time, changed when it is asked for."""

    def __init__(self, pictures_, labels, transform):
        self.pictures, self.labels, self.transform = pictures_, labels, transform

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return self.transform(self.pictures[i]), int(self.labels[i]), i


def changed(side, padding, *, version):
    """Put the per-picture transforms together; padding None leaves out what is random."""
    library = transforms if version == 1 else v2
    floats = [transforms.ToTensor()] if version == 1 else [v2.ToDtype(torch.float32, scale=True)]
    chance = [library.RandomCrop(side, padding=padding), library.RandomHorizontalFlip()] if padding is not None else []
    return library.Compose([*chance, *floats, library.Normalize(MEAN, DEVIATION)])


def peer(images, labels, *, padding, version, n_workers, batch_size):
    each = [Image.fromarray(x) for x in images] if version == 1 else list(torch.from_numpy(images).permute(0, 3, 1, 2))
    if version == 2:
        each = [x.contiguous() for x in each]
    data = OneByOne(each, labels, changed(images.shape[1], padding, version=version))
    loader = DataLoader(
        data, batch_size=batch_size, shuffle=True, num_workers=n_workers, persistent_workers=n_workers > 0
    )
    return lambda: iter(loader)


def in_order(one_round):
    """Make one round and bring its pictures back into their order; (n, 3, h, w)."""
    parts = [(images, torch.as_tensor(rows)) for images, _, rows in one_round()]
    images, rows = torch.cat([x for x, _ in parts]), torch.cat([r for _, r in parts])
    return images[rows.argsort()]


def agree(images, pixels, labels, padding):
    """Stop unless both make the same batches: equal without chance, alike in shape, type and scale with it."""
    plain = in_order(linnet(pixels, labels, augment="none", batch_size=50))
    theirs = [in_order(peer(images, labels, padding=None, version=v, n_workers=0, batch_size=50)) for v in (1, 2)]
    for other in theirs:
        if plain.dtype != other.dtype or not torch.allclose(plain, other, atol=1e-5):
            raise SystemExit("The contestants do not make the same batches.")
    ours = in_order(linnet(pixels, labels, augment=f"pad-crop(padding={padding}),flip", batch_size=50))
    other = in_order(peer(images, labels, padding=padding, version=1, n_workers=0, batch_size=50))
    if ours.shape != other.shape or ours.dtype != other.dtype or abs(float(ours.std() / other.std()) - 1) > 0.25:
        raise SystemExit("The contestants do not augment alike.")


def seconds_of(one_round):
    started = time.perf_counter()
    n = sum(len(images) for images, *_ in one_round())
    return n, time.perf_counter() - started


def compare(side, *, n, batch_size, repeats, target, folder):
    if side == 32:
        images, labels = pictures(n)
    else:
        images = np.random.default_rng(0).integers(0, 256, (n, side, side, 3), dtype=np.uint8)
        labels = np.arange(n) % 10
    pixels, padding = mapped(images, folder), side // 8
    few = min(100, n)
    agree(images[:few], pixels[:few], labels[:few], padding)
    augment = f"pad-crop(padding={padding}),flip"
    ours = partial(linnet, pixels, labels, augment=augment, batch_size=batch_size)
    contestants = {"linnet": ours(), "linnet, channels last": ours(layout=torch.channels_last)}
    for version, kind in ((1, "torchvision on Pillow"), (2, "torchvision v2 on uint8")):
        for n_workers in (0, 2):
            settings = {"padding": padding, "version": version, "n_workers": n_workers, "batch_size": batch_size}
            contestants[f"{kind}, {n_workers} workers"] = peer(images, labels, **settings)
    rates = {name: [] for name in contestants}
    for i in range(repeats + 1):
        for name, one_round in contestants.items():
            done, seconds = seconds_of(one_round)
            if i:
                rates[name].append(done / seconds)
    print(f"\n{side} px, {n} pictures, batches of {batch_size}, {augment}:")
    for name, found in rates.items():
        ratio = median(rates["linnet"]) / median(found)
        print(f"{name:<36} {median(found):9.0f} images/s ({min(found):.0f} to {max(found):.0f}){ratio:8.1f} times")
    for kind, text in (("torchvision on Pillow", f"target {target}"), ("torchvision v2", "the second version")):
        best = max((name for name in rates if name.startswith(kind)), key=lambda name: median(rates[name]))
        by_turn = [a / b for a, b in zip(rates["linnet"], rates[best], strict=True)]
        ratio = median(rates["linnet"]) / median(rates[best])
        print(f"linnet: {ratio:.1f} times the faster {best} ({min(by_turn):.1f} to {max(by_turn):.1f}; {text})")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--pictures", type=int, default=10_000, help="at 32 px; a tenth of it at 224 px")
    parser.add_argument("--batch-size", type=int, default=0, help="of all; 0: 500 at 32 px, 64 at 224 px")
    asked = parser.parse_args()
    print(machine(), f"{torch.get_num_threads()} threads", sep=", ")
    keep_big_blocks()  # for everybody, and before the first of them: it cannot be taken back
    with tempfile.TemporaryDirectory() as folder:
        for side, n, usual, target in ((32, asked.pictures, 500, 10), (224, max(20, asked.pictures // 10), 64, 2)):
            size = asked.batch_size or usual
            compare(side, n=n, batch_size=size, repeats=asked.repeats, target=target, folder=folder)


if __name__ == "__main__":
    main()
