"""Exact nearest neighbors, side by side: Linnet, scikit-learn's brute force, and FAISS's flat index.

    python benchmarks/knn.py --metric l2 --queries 10000 --repeats 5
    python benchmarks/knn.py --metric l1 --queries 10000 --peer-queries 500 --repeats 5

The pixels are CIFAR-10's where LINNET_DATA has cifar10.zip, random bytes of the same shape otherwise. Each contestant
has its own process and both cores; its data is loaded, converted and indexed before the clock starts. The peers' time
is linear in the number of queries, so they may be given fewer; the table then compares seconds per 1,000 queries.
"""

import argparse
import os
import sys
import tempfile
import zipfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from _measure import alternate, machine, running, serve, table

CONTESTANTS = ("linnet", "scikit-learn", "faiss")


def main() -> None:
    options = parsed()
    if options.contestant:
        points, queries = pixels(options.data)
        serve(contest(options.contestant, options, queries[: options.queries], points))
        return
    folder = prepared()
    points, queries = pixels(folder)
    print(f"{machine()}\n{folder.name}: {len(points):,} x {points.shape[1]:,} uint8, k = {options.k}")
    for metric in options.metric:
        compare(metric, options, folder)
        check(metric, options, queries, points)
    print(machine())


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--metric", nargs="+", choices=("l1", "l2", "cosine"), default=["l2", "l1"])
    parser.add_argument("--k", type=int, default=100)
    parser.add_argument("--queries", type=int, default=1_000)
    parser.add_argument("--peer-queries", type=int, default=0, help="queries for the peers; 0: as many")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--peers", nargs="*", choices=CONTESTANTS[1:], default=list(CONTESTANTS[1:]))
    parser.add_argument("--arithmetic", help="force Linnet's: int8 or float32")
    parser.add_argument("--sample", type=int, default=10, help="queries checked against a float64 reference")
    parser.add_argument("--contestant", choices=CONTESTANTS, help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def compare(metric: str, options: argparse.Namespace, folder: Path) -> None:
    counts = dict.fromkeys(CONTESTANTS, options.peer_queries or options.queries) | {"linnet": options.queries}
    forced = ["--arithmetic", options.arithmetic] if options.arithmetic else []
    with ExitStack() as stack:
        contestants = {
            name: stack.enter_context(
                running(
                    sys.executable, __file__, "--contestant", name, "--data", str(folder), "--metric", metric,
                    "--k", str(options.k), "--queries", str(counts[name]), *forced,
                )
            )
            for name in ("linnet", *options.peers)
        }  # fmt: skip
        runs = alternate(contestants, repeats=options.repeats)
    asked = ", ".join(f"{name} {counts[name]:,}" for name in runs)
    print(f"\n{metric}, {options.repeats} runs in turn; queries: {asked}")
    print(table(runs, units={name: counts[name] / 1_000 for name in runs}, unit="s/1,000"))


def contest(name: str, options: argparse.Namespace, queries: np.ndarray, points: np.ndarray) -> Callable[[], object]:
    """Make one contestant ready to run."""
    metric = options.metric[0]
    return {"linnet": linnet, "scikit-learn": scikit_learn, "faiss": faiss}[name](options, metric, queries, points)


def linnet(options, metric, queries, points):
    from linnet.neighbors.engine import search, walk
    from linnet.neighbors.plan import plan_search

    search(queries[:1], points[:100], 1, metric=metric)  # compiled code is loaded
    plan = plan_search(queries, points, metric=metric, arithmetic=options.arithmetic)
    return lambda: walk(queries, points, options.k, plan)


def scikit_learn(options, metric, queries, points):
    from sklearn.neighbors import NearestNeighbors

    names = {"l1": "manhattan", "l2": "euclidean", "cosine": "cosine"}
    index = NearestNeighbors(n_neighbors=options.k, algorithm="brute", metric=names[metric])
    index.fit(points.astype(np.float32))
    floats = queries.astype(np.float32)
    return lambda: index.kneighbors(floats)


def faiss(options, metric, queries, points):
    import faiss as library

    kinds = {"l1": library.METRIC_L1, "l2": library.METRIC_L2, "cosine": library.METRIC_INNER_PRODUCT}
    index = (
        library.IndexFlatL2(points.shape[1]) if metric == "l2" else library.IndexFlat(points.shape[1], kinds[metric])
    )
    floats, vectors = queries.astype(np.float32), points.astype(np.float32)
    if metric == "cosine":
        library.normalize_L2(floats)
        library.normalize_L2(vectors)
    index.add(vectors)
    del vectors
    return lambda: index.search(floats, options.k)


def check(metric: str, options: argparse.Namespace, queries: np.ndarray, points: np.ndarray) -> None:
    """Compare some queries with a reference in float64 that computes every difference."""
    from linnet.neighbors import search

    chosen = np.random.default_rng(0).choice(len(queries), size=options.sample, replace=False)
    found = search(queries[chosen], points, options.k, metric=metric)
    same, worst = 0, 0.0
    for query, distances, indices in zip(
        queries[chosen].astype(np.float64), found.distances, found.indices, strict=True
    ):
        reference = np.concatenate([distance(metric, query, block) for block in np.array_split(points, 25)])
        order = np.argsort(reference, kind="stable")[: options.k]
        same += int(np.array_equal(order, indices))
        worst = max(worst, float(np.abs(reference[order] - distances).max()))
    print(
        f"{same} of {options.sample} queries have the {options.k} neighbors of the float64 reference, in its order; "
        f"distances differ by at most {worst:.2g}"
    )


def distance(metric: str, query: np.ndarray, block: np.ndarray) -> np.ndarray:
    floats = block.astype(np.float64)
    if metric == "cosine":
        return 1.0 - floats @ query / np.sqrt((floats * floats).sum(1) * (query @ query))
    differences = floats - query
    return np.abs(differences).sum(1) if metric == "l1" else np.sqrt((differences * differences).sum(1))


def pixels(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Load (m, d) uint8 points and (n, d) uint8 queries."""
    return np.load(folder / "train.npy"), np.load(folder / "test.npy")


def prepared() -> Path:
    """Decode CIFAR-10 once, or draw random bytes, into a folder that the next call finds."""
    source = Path(os.environ.get("LINNET_DATA", "")) / "cifar10.zip"
    key = f"cifar10-{source.stat().st_size}" if source.is_file() else "random"
    folder = Path(tempfile.gettempdir()) / "linnet-benchmarks" / key
    if not (folder / "test.npy").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for split, n in (("train", 50_000), ("test", 10_000)):
            if source.is_file():
                array = decoded(source, split)
            else:
                array = np.random.default_rng(n).integers(0, 256, (n, 3_072), dtype=np.uint8)
            np.save(folder / f"{split}.npy", array)
    return folder


def decoded(source: Path, split: str) -> np.ndarray:
    with zipfile.ZipFile(source) as archive:
        names = sorted(name for name in archive.namelist() if name.startswith(f"{split}/") and name.endswith(".webp"))
    with ProcessPoolExecutor() as pool:
        return np.concatenate(list(pool.map(decode, [(source, part) for part in np.array_split(names, 20)])))


def decode(job: tuple[Path, np.ndarray]) -> np.ndarray:
    from PIL import Image

    source, names = job
    with zipfile.ZipFile(source) as archive:
        return np.stack([np.asarray(Image.open(archive.open(name)).convert("RGB")).reshape(-1) for name in names])


if __name__ == "__main__":
    main()
