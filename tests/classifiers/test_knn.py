import numpy as np
import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier

from linnet.classifiers.knn import NEIGHBOR_COUNTS, KNearestNeighbors, _without_self
from linnet.datasets.base import Dataset
from linnet.errors import ConfigError

SILENT_SEED = 0


def random_dataset(n=80, k=3, seed=0, side=4):
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, k, size=n)
    images = (generator.integers(0, 200, size=(n, 1, side, side)) + 20 * labels[:, None, None, None]).astype(np.uint8)
    return Dataset.of(images, labels, [str(i) for i in range(k)])


def flat(images):
    return images.numpy().reshape(len(images), -1).astype(np.float64)


# The textbook distances: two loops, one loop, none. They are slow or large, which is why the engine exists.


def distances_two_loops(queries, points, metric):
    return np.array([[distance(q, p, metric) for p in points] for q in queries])


def distance(q, p, metric):
    if metric == "l1":
        return sum(abs(a - b) for a, b in zip(q, p, strict=True))
    if metric == "l2":
        return sum((a - b) ** 2 for a, b in zip(q, p, strict=True)) ** 0.5
    return 1 - sum(a * b for a, b in zip(q, p, strict=True)) / ((q @ q) ** 0.5 * (p @ p) ** 0.5)


def distances_one_loop(queries, points, metric):
    if metric == "l1":
        return np.stack([np.abs(points - q).sum(axis=1) for q in queries])
    if metric == "l2":
        return np.stack([np.sqrt(((points - q) ** 2).sum(axis=1)) for q in queries])
    norms = np.linalg.norm(points, axis=1)
    return np.stack([1 - points @ q / (norms * np.linalg.norm(q)) for q in queries])


def distances_no_loop(queries, points, metric):
    if metric == "l1":
        return np.abs(queries[:, None] - points[None]).sum(axis=2)
    products = queries @ points.T
    if metric == "l2":
        return np.sqrt((queries**2).sum(1)[:, None] + (points**2).sum(1)[None] - 2 * products)
    return 1 - products / (np.linalg.norm(queries, axis=1)[:, None] * np.linalg.norm(points, axis=1)[None])


@pytest.mark.parametrize("distances", [distances_two_loops, distances_one_loop, distances_no_loop])
@pytest.mark.parametrize("metric", ["l1", "l2", "cosine"])
def test_textbook_distances_give_the_same_winners(distances, metric):
    train, test = random_dataset(), random_dataset(n=25, seed=1)
    k = 7
    order = np.argsort(distances(flat(test.images), flat(train.images), metric).round(9), axis=1, kind="stable")[:, :k]
    votes = np.stack([np.bincount(row, minlength=3) for row in train.labels.numpy()[order]])
    classifier = KNearestNeighbors(k=k, metric=metric).fit(train)
    assert classifier.predict(test.images).tolist() == votes.argmax(axis=1).tolist()


@pytest.mark.parametrize("metric", ["l1", "l2"])
def test_winners_agree_with_scikit_learn(metric):
    train, test = random_dataset(n=200), random_dataset(n=60, seed=1)
    for k in (1, 5, 12):
        reference = KNeighborsClassifier(k, metric=metric, algorithm="brute").fit(flat(train.images), train.labels)
        mine = KNearestNeighbors(k=k, metric=metric).fit(train).predict(test.images).numpy()
        # Ties at the k-th distance may be broken otherwise there, so a rare difference is allowed, a wrong k is not.
        assert np.mean(mine == reference.predict(flat(test.images))) >= 0.97


def test_ties_in_a_vote_go_to_the_smallest_class_index():
    images = torch.tensor([10, 30], dtype=torch.uint8).reshape(2, 1, 1, 1)
    classifier = KNearestNeighbors(k=2).fit(Dataset.of(images, [1, 0], ["zero", "one"]))
    assert classifier.predict(torch.tensor([[[[11]]]], dtype=torch.uint8)).tolist() == [0]


def test_equally_near_pictures_count_in_their_order():
    images = torch.tensor([10, 30], dtype=torch.uint8).reshape(2, 1, 1, 1)
    classifier = KNearestNeighbors(k=1).fit(Dataset.of(images, [1, 0], ["zero", "one"]))
    assert classifier.predict(torch.tensor([[[[20]]]], dtype=torch.uint8)).tolist() == [1]


def test_no_class_gets_zero():
    probabilities = KNearestNeighbors(k=1).fit(random_dataset()).predict_proba(random_dataset(seed=3).images)
    assert (probabilities > 0).all()


def test_smoothing_follows_how_often_neighbors_are_right():
    # Two far clusters: neighbors are always right, so little smoothing. Random labels: neighbors know nothing.
    images = torch.cat([torch.zeros(40, 1, 2, 2), torch.full((40, 1, 2, 2), 200.0)]) + 20 * torch.rand(80, 1, 2, 2)
    labels = [0] * 40 + [1] * 40
    clear = KNearestNeighbors(k=3).fit(Dataset.of(images.to(torch.uint8), labels))
    noisy = Dataset.of(images.to(torch.uint8), np.random.default_rng(0).integers(0, 2, 80))
    lost = KNearestNeighbors(k=3).fit(noisy)
    assert float(clear.smoothing_) < 0.01
    assert float(lost.smoothing_) > 0.5


def test_more_neighbors_than_pictures_all_vote():
    train = random_dataset(n=10)
    shares = KNearestNeighbors(k=100).fit(train).predict(train.images)
    assert set(shares.tolist()) == {int(torch.bincount(train.labels).argmax())}


def test_balance_lets_a_rare_class_win_against_many_votes():
    images = torch.tensor([10] * 9 + [12], dtype=torch.uint8).reshape(10, 1, 1, 1)
    data = Dataset.of(images, [0] * 9 + [1], ["often", "rare"])
    query = torch.tensor([[[[11]]]], dtype=torch.uint8)
    plain = KNearestNeighbors(k=5).fit(data).predict(query)
    balanced = KNearestNeighbors(k=10, balance=True).fit(data).predict_proba(query)[0]
    assert plain.tolist() == [0]
    assert balanced[1] == pytest.approx(0.5, abs=0.05)


def test_sweep_is_the_same_as_fitting_each_candidate():
    train, valid = random_dataset(n=120), random_dataset(n=30, seed=1)
    candidates = KNearestNeighbors().candidates()
    swept = list(candidates[0].sweep(candidates, train, valid.images, seed=0))
    for candidate, probabilities in zip(candidates, swept, strict=True):
        assert torch.equal(candidate.fit(train).predict_proba(valid.images), probabilities)


def test_candidates_hold_every_k_the_smaller_first():
    candidates = KNearestNeighbors().candidates()
    counts = [candidate.k for candidate in candidates]
    assert tuple(dict.fromkeys(counts)) == NEIGHBOR_COUNTS == (1, 3, 5, 8, 10, 12, 15, 20, 50, 100)
    assert counts == sorted(counts)
    assert {candidate.metric for candidate in candidates} == {"l1", "l2", "cosine"}


def test_a_query_is_taken_out_of_its_own_neighbors_even_behind_copies():
    found = np.array([[4, 1, 2], [7, 8, 9]])
    assert _without_self(found, np.array([1, 5])).tolist() == [[4, 2], [7, 8]]


def test_float_features_are_compared_as_they_are():
    classifier = KNearestNeighbors(k=1)
    from linnet.classifiers.features import Features
    from linnet.progress import SILENT

    values = torch.tensor([[-1e5, 3.0], [2e5, 0.5], [0.25, 1e-3]], dtype=torch.float64)
    features = Features(values=values, labels=torch.tensor([0, 1, 2]), n_classes=3, n_channels=2)
    classifier.fit_features(features, seed=SILENT_SEED, progress=SILENT)
    assert classifier.features_proba(values + 1e-4).argmax(1).tolist() == [0, 1, 2]


def test_one_training_picture_is_enough():
    data = Dataset.of(torch.zeros(1, 1, 2, 2, dtype=torch.uint8), [0], ["only", "other"])
    assert KNearestNeighbors(k=3).fit(data).predict(data.images).tolist() == [0]


@pytest.mark.parametrize(("settings", "said"), [({"k": 0}, "at least 1"), ({"metric": "l3"}, "l1, l2, cosine")])
def test_settings_out_of_range_are_refused(settings, said):
    with pytest.raises(ConfigError, match=said):
        KNearestNeighbors(**settings)
