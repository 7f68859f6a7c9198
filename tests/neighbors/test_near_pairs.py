import numpy as np
import pytest

from linnet.neighbors.near_pairs import MAX_HAMMING, scan


def made(m, seed=0, n_copies=30, color=True):
    """Make looks by chance, some of them altered copies of others, straight or mirrored."""
    generator = np.random.default_rng(seed)
    words = generator.integers(0, 2**32, (4, m), dtype=np.uint32)
    words[2:] |= generator.integers(0, 2**32, (2, m), dtype=np.uint32)
    gray = generator.integers(-60, 60, (m, 256)).astype(np.int8)
    chroma = generator.integers(-30, 30, (m, 128 if color else 0)).astype(np.int8)
    for copy in range(n_copies):
        i, j = generator.choice(m, 2, replace=False)
        turn = copy % 2
        words[:, j] = words[:, i]
        words[1, j] ^= np.uint32(0xFFFFFFFF * turn)
        words[0, j] ^= np.uint32(generator.integers(0, 2**32)) & np.uint32(generator.integers(0, 2**32)) & 0x0F0F0F0F
        shown = gray[i].reshape(16, 16)
        gray[j] = (shown[:, ::-1] if turn else shown).reshape(-1) + generator.integers(-9, 9, 256)
        shades = chroma[i].reshape(-1, 8, 8) if color else chroma[i].reshape(0, 8, 8)
        chroma[j] = (shades[:, :, ::-1] if turn else shades).reshape(-1)
    norms = np.linalg.norm(gray.astype(float), axis=1)
    limits = np.stack([norms, generator.uniform(0.9, 0.99, m), generator.uniform(0, 99, m)], 1).astype(np.float32)
    return words, gray, chroma, limits


def by_hand(words, gray, color, limits):
    """Compare every two with plain integers and floats."""
    found = {}
    bits = [[int(w) for w in row] for row in words]
    for i in range(words.shape[1]):
        for j in range(i + 1, words.shape[1]):
            even, odd = bits[0][i] ^ bits[0][j], bits[1][i] ^ bits[1][j]
            counts_even, counts_odd = bits[2][i] & bits[2][j], bits[3][i] & bits[3][j]
            hamming = {
                0: (even & counts_even).bit_count() + (odd & counts_odd).bit_count(),
                1: (even & counts_even).bit_count() + (~odd & counts_odd).bit_count(),
            }
            for turn in (0, 1):
                step = -1 if turn else 1
                a = gray[i].reshape(16, 16)[:, ::step].reshape(-1).astype(float)
                shade = color[i].reshape(-1, 8, 8)[:, :, ::step].reshape(-1).astype(float)
                correlation = a @ gray[j].astype(float) / (limits[i, 0] * limits[j, 0])
                near = correlation >= max(limits[i, 1], limits[j, 1])
                like = ((shade - color[j]) ** 2).sum() <= min(limits[i, 2], limits[j, 2])
                if hamming[turn] <= MAX_HAMMING and near and like:
                    found[i, j] = (np.sqrt(2 - 2 * min(1, correlation)), turn)
                    break
    return found


def scanned(case, *, spans=None, capacity=1000):
    words, gray, color, limits = case
    m = words.shape[1]
    parents, pairs = np.arange(m), np.zeros((capacity, 4))
    n_found, kept = 0, []
    for span in spans or [(0, m)]:
        n = scan(words, gray, color, limits, span, parents, pairs)
        kept.append(pairs[:n].copy())
        n_found += n
    return np.concatenate(kept), parents, n_found


@pytest.mark.parametrize("color", [True, False])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_pairs_are_those_of_a_plain_loop(seed, color):
    case = made(120, seed, color=color)
    wanted = by_hand(*case)
    pairs, _, n_found = scanned(case)
    assert n_found == len(wanted) > 5
    assert {turn for _, turn in wanted.values()} == {0, 1}
    for i, j, distance, turn in pairs:
        assert wanted[int(i), int(j)] == (pytest.approx(distance, abs=1e-4), turn)


def test_many_blocks_and_several_spans_find_the_same():
    case = made(3000, n_copies=60)
    whole, _, n_whole = scanned(case)
    parts, _, n_parts = scanned(case, spans=[(0, 1), (1, 1700), (1700, 3000)])
    assert n_whole == n_parts > 10
    np.testing.assert_array_equal(whole, parts)


def test_pairs_are_joined_in_the_forest():
    case = made(200)
    pairs, parents, _ = scanned(case)
    root = parents.copy()
    for _ in range(20):
        root = root[root]
    for i, j in pairs[:, :2].astype(int):
        assert root[i] == root[j]
    assert len(np.unique(root)) >= 200 - len(pairs)


def test_more_pairs_than_there_is_room_for_are_counted():
    case = made(200)
    everything, parents, n_found = scanned(case)
    first, same_parents, same_count = scanned(case, capacity=3)
    assert same_count == n_found > 3
    np.testing.assert_array_equal(first, everything[:3])
    np.testing.assert_array_equal(same_parents, parents)


def test_a_copy_of_other_colors_is_none():
    words, gray, color, limits = made(2, n_copies=1)
    limits[:, 2] = 100
    assert scanned((words, gray, color, limits))[2] == 1
    color[0, 0] = color[1, 0] + np.int8(50 if color[1, 0] < 0 else -50)
    assert scanned((words, gray, color, limits))[2] == 0
