"""Confusions and worst mistakes, against loops."""

from dataclasses import replace

import numpy as np
import pytest

from linnet.records.manifest import texts_of
from linnet.records.predictions import Predictions
from linnet.reports.evidence import gather
from linnet.reports.mistakes import MAX_MATRIX, confused_pairs, confusion, describe_rungs


@pytest.fixture(scope="module")
def random_predictions():
    generator = np.random.default_rng(3)
    n, k = 400, 5
    return Predictions(
        ids=texts_of([str(i) for i in range(n)]),
        labels=generator.integers(0, k, n),
        probabilities=generator.dirichlet(np.ones(k), size=n).astype(np.float32),
        class_names=tuple("abcde"),
    )


def test_the_matrix_agrees_with_a_loop(random_predictions):
    wanted = np.zeros((5, 5), dtype=int)
    for truth, said in zip(random_predictions.labels, random_predictions.predicted, strict=True):
        wanted[truth, said] += 1
    assert confusion(random_predictions).tolist() == wanted.tolist()


def test_pairs_are_the_largest_cells_off_the_diagonal(random_predictions):
    matrix = confusion(random_predictions)
    cells = [(-matrix[t, p], t, p) for t in range(5) for p in range(5) if t != p]
    wanted = [("abcde"[t], "abcde"[p], -n) for n, t, p in sorted(cells)[:6]]
    pairs = confused_pairs(matrix, tuple("abcde"), 6)
    assert [(pair.truth, pair.prediction, pair.n) for pair in pairs] == wanted


def test_a_share_is_of_all_pictures_of_the_true_class():
    pairs = confused_pairs(np.array([[6, 2], [0, 3]]), ("a", "b"), 6)
    assert [(pair.truth, pair.prediction, pair.n, pair.share) for pair in pairs] == [("a", "b", 2, 0.25)]


def test_perfect_predictions_have_no_pairs():
    assert confused_pairs(np.eye(3, dtype=np.int64) * 4, ("a", "b", "c"), 6) == ()


def test_every_rung_with_predictions_is_described_best_first(finished_run):
    evidence = gather(finished_run)
    parts = describe_rungs(evidence)
    assert [part.rung for part in parts] == [row.rung for row in evidence.rows]
    assert {part.split for part in parts} == {"test"}
    for part, row in zip(parts, evidence.rows, strict=True):
        assert part.n_wrong == round((1 - row.accuracy) * row.n)
        assert sum(map(sum, part.matrix)) == part.n == 300
        assert all(isinstance(n, int) for line in part.matrix for n in line)


def test_worst_mistakes_tell_truth_and_prediction(finished_run):
    evidence = gather(finished_run)
    part = next(part for part in describe_rungs(evidence) if part.rung == "softmax-regression")
    assert len(part.worst) == 12
    assert [mistake.probability for mistake in part.worst] == sorted((m.probability for m in part.worst), reverse=True)
    for mistake in part.worst:
        assert mistake.truth != mistake.prediction
        assert mistake.id.startswith(f"{mistake.truth}/")
        assert (mistake.rival, mistake.is_right) == (mistake.truth, False)
        assert 0 <= mistake.rival_probability <= mistake.probability <= 1
        assert mistake.picture in evidence.pictures


def test_least_sure_answers_are_right_and_tell_the_second_best(finished_run):
    evidence = gather(finished_run)
    part = next(part for part in describe_rungs(evidence) if part.rung == "softmax-regression")
    predictions = evidence.predictions["softmax-regression"]
    place = {image: i for i, image in enumerate(predictions.ids.tolist())}
    assert len(part.unsure) == 8
    for answer in part.unsure:
        chances = predictions.probabilities[place[answer.id]]
        assert answer.is_right
        assert answer.id.startswith(f"{answer.truth}/")
        assert [answer.probability, answer.rival_probability] == sorted(chances.tolist(), reverse=True)[:2]
        assert chances[int(answer.rival)] == np.float32(answer.rival_probability)


def test_explanations_stand_beside_the_pictures_of_their_rung(finished_run):
    evidence = gather(finished_run)
    parts = {part.rung: part for part in describe_rungs(evidence)}
    recorded = next(part for part in evidence.explanations.rungs if part.rung == "softmax-regression")
    wanted = {found.id: found.picture for found in recorded.explained}
    part = parts["softmax-regression"]
    assert part.explainer == "gradient-times-input"
    assert [shown.heat for shown in (*part.worst, *part.unsure)] == [
        wanted[shown.id] for shown in (*part.worst, *part.unsure)
    ]
    assert parts["knn"].explainer == ""
    assert {shown.heat for shown in parts["knn"].worst} == {None}


def test_why_some_pictures_have_no_heat_map_is_said_where_others_have_one(finished_run):
    evidence = gather(finished_run)
    why = "Explaining took longer than 6 seconds; 20 pictures are left out."
    cut = [
        replace(part, explained=part.explained[:4], reason=why) if part.explained else part
        for part in evidence.explanations.rungs
    ]
    evidence = replace(evidence, explanations=replace(evidence.explanations, rungs=tuple(cut)))
    said = {part.rung: part.unexplained for part in describe_rungs(evidence)}
    assert said["softmax-regression"] == why
    assert said["knn"] == ""  # it has none at all, and says so where rungs stand side by side


def test_with_one_class_a_right_answer_has_no_rival_but_itself(finished_run):
    evidence = gather(finished_run)
    one = Predictions(
        ids=texts_of(["a"]), labels=np.zeros(1, np.int64), probabilities=np.ones((1, 1), np.float32), class_names=("x",)
    )
    parts = describe_rungs(replace(evidence, predictions={"knn": one}))
    assert (parts[0].unsure[0].rival, parts[0].worst) == ("x", ())


def test_templates_belong_to_the_rung_that_learned_them(finished_run):
    parts = {part.rung: part for part in describe_rungs(gather(finished_run))}
    assert [template.name for template in parts["softmax-regression"].templates] == list("0123456789")
    assert parts["knn"].templates == ()


def test_without_pictures_mistakes_are_still_listed(new_run):
    run = new_run()
    (run.folder / "pictures.zip").unlink()
    parts = describe_rungs(gather(run))
    assert {mistake.picture for part in parts for mistake in part.worst} == {None}
    assert all(part.templates == () for part in parts)


@pytest.mark.parametrize("n_classes", [MAX_MATRIX, MAX_MATRIX + 1])
def test_too_many_classes_give_lists_instead_of_a_matrix(new_run, n_classes):
    run = new_run(class_names=tuple(f"class {i}" for i in range(n_classes)), n_per_class=10)
    for part in describe_rungs(gather(run)):
        assert bool(part.matrix) == (n_classes == MAX_MATRIX)
        assert bool(part.hardest) == (n_classes > MAX_MATRIX)
        assert len(part.pairs) <= 20
        shares = [found.n_correct / found.n for found in part.hardest]
        assert shares == sorted(shares)


@pytest.mark.parametrize(
    ("names", "has_long"), [(("0", "1"), False), (("bird", "cat"), False), (("airplane", "cat"), True)]
)
def test_long_names_are_known(new_run, names, has_long):
    assert describe_rungs(gather(new_run(class_names=names, n_per_class=20)))[0].has_long_names == has_long
