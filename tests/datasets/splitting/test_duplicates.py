import hashlib
import os
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from linnet.datasets.splitting import duplicates
from linnet.datasets.splitting.duplicates import find
from linnet.records.manifest import texts_of
from photos import brightened, mirrored, photos, reencoded, resized


def hashes_of(pixels):
    return texts_of([hashlib.sha256(image.tobytes()).hexdigest() for image in pixels])


def found_in(pixels, labels=None, hashes=None, **options):
    labels = np.zeros(len(pixels), np.int64) if labels is None else np.asarray(labels)
    hashes = texts_of([str(i) for i in range(len(pixels))]) if hashes is None else texts_of(hashes)
    return find(torch.from_numpy(np.array(pixels)), torch.arange(len(pixels)), hashes, labels, **options)


def test_unrelated_pictures_are_alone():
    found = found_in(photos(60))
    assert found.clusters.tolist() == list(range(60))
    assert (found.n_pairs, found.pairs, found.groups()) == (0, (), [])


def test_equal_pixels_are_the_same_whatever_the_files():
    pixels = photos(5)[[0, 1, 2, 1, 4, 1]]
    found = found_in(pixels)
    assert found.exact.tolist() == [0, 1, 2, 1, 4, 1]
    assert found.is_copy.tolist() == [False, False, False, True, False, True]
    assert [group.tolist() for group in found.exact_groups()] == [[1, 3, 5]]
    assert found.n_pairs == 0


def test_equal_bytes_are_the_same_and_join_through_others():
    pixels = photos(4)[[0, 1, 1, 3]]
    found = found_in(pixels, hashes=["a", "a", "b", "c"])
    assert found.exact.tolist() == [0, 0, 0, 3]


def test_a_copy_with_another_label_is_a_conflict_of_all_copies():
    pixels = photos(4)[[0, 1, 0, 0, 3, 3]]
    found = found_in(pixels, labels=[0, 0, 0, 1, 2, 2])
    assert found.conflicting.tolist() == [True, False, True, True, False, False]


CHANGES = {
    "re-encoded": reencoded,
    "mirrored": mirrored,
    "mirrored and re-encoded": lambda p: reencoded(mirrored(p)),
    "resized": resized,
    "brighter": brightened,
    "darker": lambda p: brightened(p, gain=0.9, shift=-5),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(("size", "channels"), [(32, 3), (28, 1), (96, 3)])
def test_changed_copies_are_found_and_nothing_else(change, size, channels):
    originals = photos(40, size=size, channels=channels, seed=size)
    copies = np.stack([CHANGES[change](image) for image in originals[:20]])
    found = found_in(np.concatenate([originals, copies]))
    assert found.clusters.tolist() == [*range(40), *range(20)]
    assert {(pair.first, pair.second) for pair in found.pairs} == {(i, 40 + i) for i in range(20)}
    assert all(pair.mirrored == ("mirrored" in change) for pair in found.pairs)


def test_the_rows_decide_which_pictures_are_looked_at():
    pixels = photos(6)[[0, 0, 2, 3, 2, 5]]
    rows = torch.tensor([5, 4, 2])
    found = find(torch.from_numpy(pixels), rows, texts_of(["a", "b", "c"]), np.zeros(3, np.int64))
    assert found.exact.tolist() == [0, 1, 1]


def test_memory_mapped_pictures_are_left_as_they_are(tmp_path):
    np.save(tmp_path / "x.npy", photos(8))
    mapped = torch.from_numpy(np.load(tmp_path / "x.npy", mmap_mode="c"))
    before = mapped.clone()
    found = find(mapped, torch.arange(8), texts_of(list("abcdefgh")), np.zeros(8, np.int64))
    assert torch.equal(mapped, before)
    assert found.n_pairs == 0


def test_parts_before_a_fixed_camera_are_not_all_the_same():
    scene = photos(1, size=64, channels=1)[0].astype(int)
    generator = np.random.default_rng(1)
    pixels = np.stack([np.clip(scene + generator.normal(0, 6, scene.shape), 0, 255) for _ in range(50)]).astype(
        np.uint8
    )
    assert found_in(pixels).n_pairs == 0


def test_a_copy_before_a_fixed_camera_is_found_all_the_same():
    scene = photos(1, size=64, channels=1)[0].astype(int)
    generator = np.random.default_rng(1)
    pixels = np.stack(
        [
            np.clip(scene + 3 * photos(1, size=64, channels=1, seed=i + 9)[0].astype(int) // 4 - 90, 0, 255)
            for i in range(30)
        ]
    ).astype(np.uint8)
    pixels = np.concatenate(
        [pixels, np.clip(pixels[3:4] + generator.integers(-1, 2, pixels[3:4].shape), 0, 255)]
    ).astype(np.uint8)
    assert [(pair.first, pair.second) for pair in found_in(pixels).pairs] == [(3, 30)]


def test_pictures_that_differ_in_color_only_are_different():
    shapes = np.zeros((10, 3, 32, 32), np.uint8)
    shapes[:, :, 8:24, 8:24] = np.random.default_rng(0).integers(90, 160, (1, 1, 16, 16))
    for i in range(10):
        shapes[i, i % 3, 8:24, 8:24] += 90
    found = found_in(shapes, labels=np.arange(10) % 3)
    assert found.clusters[:3].tolist() == [0, 1, 2]


def test_plain_pictures_are_the_same_only_when_equal():
    plain = np.stack([np.full((3, 16, 16), level, np.uint8) for level in (10, 11, 200, 10)])
    found = found_in(plain)
    assert found.clusters.tolist() == [0, 1, 2, 0]
    assert found.n_flat == 4


def strokes_of_a_pen(n):
    """Draw handwritten ones: leaning, bent, thick and long by chance."""
    generator = np.random.default_rng(0)
    row, column = np.mgrid[:28, :28]
    lean, bend = generator.normal(0, 0.25, (n, 1, 1)), generator.normal(0, 0.01, (n, 1, 1))
    thick, middle = generator.uniform(1.2, 2.6, (n, 1, 1)), generator.normal(14, 0.6, (n, 1, 1))
    top = generator.integers(3, 7, (n, 1, 1))
    at = middle + lean * (row - 14) + bend * (row - 14) ** 2
    inked = 255 * np.clip(thick - np.abs(column - at), 0, 1) * ((row >= top) & (row < 28 - top))
    return inked.astype(np.uint8)[:, None]


def test_strokes_of_a_pen_that_look_alike_by_chance_are_different():
    found = found_in(strokes_of_a_pen(200))
    assert found.n_pairs <= 4  # of 19,900


def test_pairs_are_capped_but_counted_and_the_nearest_are_kept():
    original = photos(1)[0]
    others = photos(30, seed=5)
    copies = np.stack([reencoded(original, quality) for quality in range(60, 96, 3)])
    everything = found_in(np.concatenate([original[None], copies, others]), labels=[0] * 13 + [1] * 30)
    spread_by_others = found_in(np.concatenate([original[None], copies, others]))
    assert spread_by_others.n_pairs == len(spread_by_others.pairs) == 13 * 12 // 2
    capped = found_in(np.concatenate([original[None], copies, others]), max_pairs=5)
    assert (len(capped.pairs), capped.n_pairs) == (5, 78)
    assert capped.clusters.tolist() == spread_by_others.clusters.tolist()
    assert everything.n_pairs <= 78
    distances = [pair.distance for pair in spread_by_others.pairs]
    assert distances == sorted(distances)


def test_several_spans_and_threads_find_the_same(monkeypatch):
    originals = photos(60, size=16)
    pixels = np.concatenate([originals, np.stack([reencoded(image, 90) for image in originals])])
    whole = found_in(pixels)
    monkeypatch.setattr(duplicates, "_ROWS_PER_SPAN", 7)
    parts = found_in(pixels)
    assert whole.pairs == parts.pairs
    np.testing.assert_array_equal(whole.clusters, parts.clusters)


def test_one_picture_and_none_have_no_duplicates():
    assert found_in(photos(1)).clusters.tolist() == [0]
    assert found_in(np.zeros((0, 3, 8, 8), np.uint8)).clusters.tolist() == []


def test_plain_values_hold_counts_and_examples():
    originals = photos(30)
    pixels = np.concatenate([originals, originals[:2], np.stack([mirrored(originals[5]), reencoded(originals[6])])])
    labels = [0] * 30 + [1, 0, 0, 0]
    plain = found_in(pixels, labels=labels).to_json(texts_of([f"p{i}" for i in range(34)]))
    examples = plain.pop("examples")
    assert plain == {"exact_copies": 2, "near_pairs": 2, "groups": 4, "largest_group": 2, "conflicting": 2}
    assert sorted(examples) == [
        ["p0", "p30", "same picture, two labels"],
        ["p1", "p31", "same picture"],
        ["p5", "p32", "near, mirrored"],
        ["p6", "p33", "near"],
    ]


def test_progress_is_told():
    class Heard:
        def __init__(self):
            self.steps = {}

        def task(self, text, total=None):
            self.now = text
            self.steps[text] = [total, 0]
            return self

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def advance(self, n=1, note=""):
            self.steps[self.now][1] += n

    heard = Heard()
    found_in(photos(20), progress=heard)
    assert list(heard.steps.values()) == [[20, 20], [1, 1]]


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.skipif("LINNET_DATA" not in os.environ, reason="LINNET_DATA is not set")
@pytest.mark.parametrize(("name", "fewest", "most"), [("mnist", 0, 200), ("fashion-mnist", 50, 500)])
def test_famous_sets_keep_few_pairs(name, fewest, most):
    from linnet.datasets.named.torchvision_sets import open_named

    source = open_named(name, [Path(place) for place in os.environ["LINNET_DATA"].split(os.pathsep)])
    start = time.monotonic()
    found = found_in(source.images, source.labels, hashes_of(source.images))
    assert fewest <= found.n_pairs <= most
    assert max(map(len, found.groups())) < 30
    assert time.monotonic() - start < 120


def test_digits_have_no_duplicates():
    from linnet.datasets.digits import Digits

    source = Digits().open([])
    assert found_in(source.images, source.labels).groups() == []
