import json

import pytest

from linnet.records.matching import Matching


def matching(**changes):
    return Matching(**{"source": "other", "n_scored": 1200, "unknown": {}, "missing": (), **changes})


def test_where_everything_fits_nothing_is_said():
    assert matching().sentences() == ()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            {"unknown": {"zebra": 1500, "<b>": 1}},
            "Not scored, of classes unknown to the run: 1,501 pictures, zebra (1,500), <b> (1).",
        ),
        ({"unknown": {"zebra": 1}}, "Not scored, of classes unknown to the run: 1 picture, zebra (1)."),
        ({"missing": ("cat", "dog")}, "Classes of the run without a picture here: cat, dog."),
        ({"n_unreadable": 1}, "Not scored, as they could not be read: 1 file."),
        (
            {"n_learned_from": 3},
            "The run has learned from 3 of the 1,200 scored pictures, so these numbers are better than those of new "
            "ones would be.",
        ),
        ({"n_of_test": 4}, "Of the run's own test split: 4 pictures."),
    ],
)
def test_what_does_not_fit_is_said_in_a_sentence(changes, says):
    assert matching(**changes).sentences() == (says,)


def test_of_many_classes_the_first_are_named():
    (said,) = matching(missing=tuple(f"bird-{i}" for i in range(200))).sentences(most=3)
    assert said == "Classes of the run without a picture here: bird-0, bird-1, bird-2 and 197 more."


def test_it_comes_back_from_json():
    whole = matching(unknown={"zebra": 2}, missing=("cat",), n_unreadable=1, n_learned_from=3, n_of_test=4)
    assert Matching.from_plain(json.loads(json.dumps(whole.to_plain()))) == whole


@pytest.mark.parametrize("change", [{"wings": 2}, {"n_scored": ...}])
def test_other_values_are_refused(change):
    plain = {key: value for key, value in {**matching().to_plain(), **change}.items() if value is not ...}
    with pytest.raises(TypeError):
        Matching.from_plain(plain)
