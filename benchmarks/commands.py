"""Time `linnet --help` and a climb of the built-in digits as whole processes, as a user waits for them.

    python benchmarks/commands.py --repeats 5

Targets: help in under half a second; the climb of `make demo` in under a minute on two cores.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median

from _measure import alternate, command, machine


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    linnet = (sys.executable, "-m", "linnet")
    folder = Path(tempfile.mkdtemp())

    climb = command(*linnet, "climb", "digits", "--out", str(folder / "run"))

    def climb_anew():
        shutil.rmtree(folder / "run", ignore_errors=True)
        return climb()

    contestants = {
        "linnet --help": command(*linnet, "--help"),
        "linnet climb digits": climb_anew,
        "python -c 'import torch'": command(sys.executable, "-c", "import torch"),
    }
    alternate(contestants, repeats=1)  # compiled code and file caches are warm, as at any later use
    runs = alternate(contestants, repeats=repeats)
    print(machine())
    for name, found in runs.items():
        seconds = sorted(run.seconds for run in found)
        print(
            f"{name:28} median {median(seconds):6.2f} s  ({seconds[0]:.2f} to {seconds[-1]:.2f}, {len(seconds)} runs)"
        )
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
