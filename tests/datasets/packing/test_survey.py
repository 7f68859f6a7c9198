import pytest

from linnet.datasets.base import Item
from linnet.datasets.packing.decoding import Outcome
from linnet.datasets.packing.survey import Wanted, choose_geometry, summarize
from linnet.images import Facts


def facts(height, width, mode="RGB", **more):
    return Facts(format="PNG", mode=mode, width=width, height=height, **more)


def chosen(*pictures, size=None, fit="crop"):
    geometry = choose_geometry(pictures, Wanted(size=size, fit=fit))
    return geometry.channels, geometry.height, geometry.width


def test_pictures_of_one_small_size_keep_it():
    assert chosen(facts(32, 48), facts(32, 48)) == (3, 32, 48)
    assert chosen(facts(224, 224)) == (3, 224, 224)


def test_pictures_of_one_large_size_become_a_square():
    assert chosen(facts(300, 400), facts(300, 400)) == (3, 224, 224)
    assert chosen(facts(100, 225)) == (3, 104, 104)


@pytest.mark.parametrize(
    ("sides", "expected"),
    [((30, 40, 50), 40), ((41, 43, 90), 40), ((41, 44, 90), 48), ((1, 2, 3), 8), ((900, 1000), 224)],
)
def test_mixed_sizes_become_a_square_of_the_middle_shorter_side(sides, expected):
    pictures = [facts(side, side + 7) if i % 2 else facts(side + 7, side) for i, side in enumerate(sides)]
    assert chosen(*pictures) == (3, expected, expected)


def test_a_wanted_size_overrides_all_others():
    assert chosen(facts(32, 32), size=20) == (3, 20, 20)
    assert chosen(facts(900, 400), facts(2, 2), size=500) == (3, 500, 500)


def test_one_channel_is_enough_only_if_all_are_gray():
    assert chosen(facts(8, 8, "L"), facts(8, 8, "I;16"), facts(8, 8, "1")) == (1, 8, 8)
    assert chosen(facts(8, 8, "L"), facts(8, 8, "P")) == (3, 8, 8)


def test_the_fit_is_kept():
    assert choose_geometry([facts(8, 9)], Wanted(size=4, fit="pad")).fit == "pad"


def test_what_shapes_the_pixels_is_sealed():
    seals = {Wanted(size=s, fit=f).seal() for s in (None, 8, 9) for f in ("crop", "pad")}
    assert len(seals) == 6


def test_a_summary_counts_everything():
    found = [
        (
            Item(id="a/1.JPG", label="a", size=10),
            Outcome(b"1", Facts(format="JPEG", mode="L", width=4, height=2, rotated=True)),
        ),
        (Item(id="a/2.png", label="a", size=20), Outcome(b"2", facts(2, 4, "RGBA", transparent=True, frames=True))),
        (Item(id="a/3.png", label="a", size=-1), Outcome(b"3", facts(6, 8, "I;16"))),
        (Item(id="a/4.png", label="a", size=5), Outcome(b"4", None, False, "unreadable", "damaged")),
        (Item(id="a/5.txt", label="a", size=5), Outcome(b"5", None, False, "ignored", "text")),
        (Item(id=".x", label=None, reason="hidden", size=5), None),
    ]
    items, outcomes = zip(*found, strict=True)
    assert summarize(items, outcomes) == {
        "n_files": 6,
        "n_pictures": 3,
        "n_bytes": 45,
        "formats": {"PNG": 2, "JPEG": 1},
        "modes": {"I;16": 1, "L": 1, "RGBA": 1},
        "extensions": {
            "": {"seen": 1, "used": 0, "ignored": 1},
            ".jpg": {"seen": 1, "used": 1, "ignored": 0},
            ".png": {"seen": 3, "used": 2, "ignored": 0},
            ".txt": {"seen": 1, "used": 0, "ignored": 1},
        },
        "height": {"min": 2, "median": 2, "max": 6},
        "width": {"min": 4, "median": 4, "max": 8},
        "n_sizes": 2,
        "common_sizes": [{"height": 2, "width": 4, "n": 2}, {"height": 6, "width": 8, "n": 1}],
        "n_rotated": 1,
        "n_animated": 1,
        "n_transparent": 1,
        "n_deep": 1,
    }
