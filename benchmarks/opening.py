"""Time the first opening of cifar10.zip against a plain Pillow loop, and opening it again from the pack.

Run with the folder of data sets in LINNET_DATA:

    LINNET_DATA=... python benchmarks/opening.py --repeats 5

Both are run in turns, so that whatever else the machine does hits both; each in a process of its own, with its
libraries imported before the clock starts. Targets: first opening at least 1.7 times as fast, again under 0.5 seconds.
"""

import argparse
import io
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from statistics import median


def loop(archive: Path) -> dict[str, float]:
    """Decode every picture in one process, as tutorials do."""
    import numpy as np
    from PIL import Image

    start = time.perf_counter()
    with zipfile.ZipFile(archive) as pictures:
        names = [name for name in pictures.namelist() if not name.endswith("/")]
        for name in names:
            np.asarray(Image.open(io.BytesIO(pictures.read(name))).convert("RGB"))
    return {"loop": time.perf_counter() - start, "n": len(names)}


def pack(archive: Path) -> dict[str, float]:
    """Make a pack in an empty cache, then open it again."""
    from linnet.datasets.packing.pack import open_pack
    from linnet.datasets.sources.archive import ArchiveSource

    with tempfile.TemporaryDirectory() as cache:
        start = time.perf_counter()
        found = open_pack(ArchiveSource(archive), cache=Path(cache))
        first = time.perf_counter() - start
        del found
        start = time.perf_counter()
        again = open_pack(ArchiveSource(archive), cache=Path(cache))
        return {"first": first, "again": time.perf_counter() - start, "n": len(again.images)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--only", choices=["loop", "pack"], help="run one side once, in this process")
    options = parser.parse_args()
    archive = Path(os.environ.get("LINNET_DATA", ".")) / "cifar10.zip"
    if not archive.is_file():
        sys.exit(f"{archive} is not there; set LINNET_DATA to the folder that holds cifar10.zip.")
    if options.only:
        print(json.dumps(loop(archive) if options.only == "loop" else pack(archive)))
        return
    runs = [
        {
            key: value
            for side in ("loop", "pack")
            for key, value in json.loads(
                subprocess.run(
                    [sys.executable, __file__, "--only", side], check=True, capture_output=True, text=True
                ).stdout
            ).items()
        }
        for _ in range(options.repeats)
    ]
    result = {
        "data": f"cifar10.zip, {runs[0]['n']:,} pictures",
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "repeats": len(runs),
        "loop_seconds": median(run["loop"] for run in runs),
        "first_seconds": median(run["first"] for run in runs),
        "again_seconds": median(run["again"] for run in runs),
        "speed_up": median(run["loop"] / run["first"] for run in runs),
        "speed_ups": [round(run["loop"] / run["first"], 2) for run in runs],
    }
    if options.json:
        print(json.dumps(result))
        return
    print(f"{result['data']}; {result['machine']}; medians of {result['repeats']} runs, in turns")
    print(f"Pillow loop, one process   {result['loop_seconds']:8.2f} s")
    print(f"first opening              {result['first_seconds']:8.2f} s   {result['speed_up']:.2f} times as fast")
    print(f"opening again              {result['again_seconds']:8.3f} s")
    print(f"speed-up of each turn      {result['speed_ups']}")


if __name__ == "__main__":
    main()
