"""How often a climb calls a rung "not tied with the best" that is as good as the best, by simulation.

    python benchmarks/ties.py --climbs 2000

Each simulated climb has rungs that are right on each test picture independently with the same probability, so that
whatever is "not tied" is a false alarm. Beside Linnet's rule stands the one that corrects for the comparisons with the
best only, as if the best had been known before the test pictures were looked at.
"""

import argparse

import numpy as np

from linnet.evaluation.intervals import wilson
from linnet.evaluation.paired import all_pairs, holm, mcnemar
from linnet.evaluation.ranking import TIE_LEVEL


def alarms(correct):
    """Say of both rules whether they call any rung "not tied"."""
    best = int(np.argmax([row.sum() for row in correct]))
    others = [i for i in range(len(correct)) if i != best]
    among_all = all_pairs({str(i): row for i, row in enumerate(correct)})
    smallest = min(among_all[frozenset({str(best), str(i)})] for i in others)
    only_best = min(holm([mcnemar(correct[best], correct[i]) for i in others]))
    return smallest < TIE_LEVEL, only_best < TIE_LEVEL


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--climbs", type=int, default=2000)
    asked.add_argument("--rungs", type=int, default=8)
    given = asked.parse_args()
    for probability, n in ((0.95, 361), (0.8, 2000)):
        generator = np.random.default_rng(0)
        made = [alarms(generator.random((given.rungs, n)) < probability) for _ in range(given.climbs)]
        for rule, count in zip(("all pairs", "only with the best"), np.sum(made, axis=0), strict=True):
            low, high = wilson(int(count), given.climbs)
            print(
                f"{probability:.2f} right, {n} pictures, {rule}: {count / given.climbs:.2%} ({low:.2%} to {high:.2%})"
            )


if __name__ == "__main__":
    main()
