"""What a report costs beyond the rungs: numbers, explanations, pictures and the page, part by part, with peak memory.

    LINNET_DATA=... python benchmarks/report.py RUN --json found.jsonl

RUN is a finished run, for instance of `linnet climb fashion-mnist --epochs 1`, whose ten rungs need not be good ones.
Its folder is copied without the large weights being touched, what a report derives is removed from the copy, and each
part is made again and timed. Memory is the peak of this process over what it held before the part, so data that is
mapped and read counts where it is in memory. With --test N only the first N test predictions of each rung stay in the
copy: what memory grows with the size of the test set shows in the difference. Then the page is opened in headless
Chromium, if there is one, and timed until it is loaded.
"""

import argparse
import json
import shutil
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

import psutil
from _measure import machine

from linnet.datasets import loading
from linnet.evaluation import evaluating, showing
from linnet.records.run import Run
from linnet.reports import page

DERIVED = ("pictures.zip", "explanations.json", "comparisons.json", "report.html", "report.json")


class Peak:
    """Watch the memory of this process while something runs."""

    def __enter__(self):
        self.process, self.is_over = psutil.Process(), threading.Event()
        self.before = self.most = self.process.memory_info().rss
        self.thread = threading.Thread(target=self._watch)
        self.thread.start()
        self.started = time.perf_counter()
        return self

    def __exit__(self, *problem):
        self.seconds = time.perf_counter() - self.started
        self.is_over.set()
        self.thread.join()

    def _watch(self):
        while not self.is_over.wait(0.01):
            self.most = max(self.most, self.process.memory_info().rss)


def keep_first(run, n):
    """Cut the test predictions of every rung down to the first n."""
    for rung in run.fitted_rungs:
        said = run.predictions(rung, "test")
        cut = replace(said, ids=said.ids[:n], labels=said.labels[:n], probabilities=said.probabilities[:n])
        cut.write(run.rung_folder(rung) / "predictions-test.csv")


def opened_in(path):
    """Return seconds until a browser has loaded the page; None without a browser."""
    browser_path = next(
        (p for name in ("chromium", "google-chrome", "chromium-browser") if (p := shutil.which(name))), ""
    )
    if not browser_path:
        return None
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        found = []
        for _ in range(3):
            tab = browser.new_page(viewport={"width": 1440, "height": 900})
            started = time.perf_counter()
            tab.goto(path.resolve().as_uri(), wait_until="load")
            found.append(time.perf_counter() - started)
            tab.close()
        browser.close()
    return sorted(found)[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--test", type=int, default=0, help="so many test predictions of each rung only; 0: all")
    parser.add_argument("--json", type=Path, help="append the result to this file, one line each")
    asked = parser.parse_args()
    print(machine(), flush=True)
    with tempfile.TemporaryDirectory() as passing:
        folder = Path(passing) / "run"
        shutil.copytree(asked.run, folder)
        for name in DERIVED:
            (folder / name).unlink(missing_ok=True)
        for path in folder.rglob("evaluation-*.json"):
            path.unlink()
        run = Run(folder)
        if asked.test:
            keep_first(run, asked.test)
        loaded = loading.load_again(run)
        parts = {
            "numbers": lambda: evaluating.complete(run),
            "pictures and heat maps": lambda: showing.store_pictures(run, loaded),
            "page and JSON": lambda: page.write(run),
        }
        n = asked.test or run.leaderboard.rows[0].n
        row = {"run": asked.run.name, "rungs": len(run.fitted_rungs), "n": n, "parts": {}}
        for name, make in parts.items():
            with Peak() as peak:
                make()
            more = (peak.most - peak.before) / 2**20
            row["parts"][name] = {"seconds": peak.seconds, "mib": more}
            print(f"{name:<24}{peak.seconds:8.2f} s{more:10.0f} MiB more", flush=True)
        row["seconds"] = sum(part["seconds"] for part in row["parts"].values())
        row["page_mb"] = (folder / "report.html").stat().st_size / 1e6
        row["opens_in"] = opened_in(folder / "report.html")
        print(
            f"{row['rungs']} rungs, {row['n']:,} test pictures: {row['seconds']:.1f} s, "
            f"a page of {row['page_mb']:.2f} MB"
        )
        print(f"opened in {row['opens_in']:.2f} s" if row["opens_in"] else "no browser to open it with")
    if asked.json:
        with asked.json.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
