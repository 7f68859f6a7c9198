import pytest

from linnet.errors import RunError
from linnet.records.learning_curve import LearningCurve, LearningPoint


def point(n_images, accuracy=0.5):
    return LearningPoint(n_images=n_images, accuracy=accuracy, low=0.4, high=1 / 3 + 0.3, n_valid=20, seconds=0.125)


def test_a_curve_comes_back_exactly(tmp_path):
    curve = LearningCurve(rung="fast-cnn", points=(point(10, 1 / 3), point(20)))
    curve.write(tmp_path / "c.csv")
    assert LearningCurve.read(tmp_path / "c.csv") == curve


def test_the_file_has_the_promised_columns(tmp_path):
    LearningCurve(rung="knn", points=(point(10),)).write(tmp_path / "c.csv")
    header, row = (tmp_path / "c.csv").read_text().splitlines()
    assert header == "rung,n_images,accuracy,low,high,n_valid,seconds"
    assert row == f"knn,10,0.5,0.4,{1 / 3 + 0.3},20,0.125"


def test_a_point_finds_its_place_and_takes_that_of_an_older_one():
    curve = LearningCurve(rung="knn").with_point(point(20)).with_point(point(10)).with_point(point(20, 0.9))
    assert [(each.n_images, each.accuracy) for each in curve.points] == [(10, 0.5), (20, 0.9)]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("n_images", "images"), "columns rung, images"),
        (("knn,20", "svm,20"), "too many values"),
        (("knn,20", "knn,5"), r"numbers of pictures \[10, 5\]"),
        (("knn,20", "knn,10"), r"numbers of pictures \[10, 10\]"),
        (("0.4", "much"), "could not convert"),
    ],
)
def test_what_is_no_curve_is_refused(tmp_path, change, says):
    path = tmp_path / "c.csv"
    LearningCurve(rung="knn", points=(point(10), point(20))).write(path)
    path.write_text(path.read_text().replace(*change, 1))
    with pytest.raises(RunError, match=f"should hold the learning curve of a rung and does not .*{says}"):
        LearningCurve.read(path)


def test_a_curve_without_points_is_refused(tmp_path):
    LearningCurve(rung="knn").write(tmp_path / "c.csv")
    with pytest.raises(RunError, match="and 0 rows"):
        LearningCurve.read(tmp_path / "c.csv")
