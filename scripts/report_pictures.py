"""Take pictures of a run's report in headless Chromium: wide and narrow, light and dark.

    python scripts/report_pictures.py RUN FOLDER            four whole pages, report-1440-light.png and so on
    python scripts/report_pictures.py RUN FOLDER --top 1600  only the first 1600 pixels
    python scripts/report_pictures.py RUN FOLDER --readme    the pictures of the README: the top, a clicked cell of the
                                                             confusion matrix, what the rungs look at, a phone

The README's own are made of `linnet climb digits` with the rungs of `make demo`, into docs/images.

Needs playwright and a Chromium of the system; prints what it wrote.
"""

import argparse
import shutil
import sys
from pathlib import Path
from typing import Literal

WIDTHS = (1440, 390)
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")


def find_browser() -> str | None:
    """Return the path of a Chromium of the system, None where there is none."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def take(page: Path, folder: Path, *, browser_path: str, top: int = 0) -> list[Path]:
    """Take the pictures.

    Args:
        page: An HTML file.
        folder: Where the pictures go; made if it is not there.
        browser_path: A Chromium.
        top: Pixels from the top; 0 for the whole page.

    Returns:
        The files, by width and theme.
    """
    from playwright.sync_api import sync_playwright

    folder.mkdir(parents=True, exist_ok=True)
    taken = []
    with sync_playwright() as playwright:
        # The sandbox cannot start for root and in containers; the page is our own and loads nothing.
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        for width in WIDTHS:
            for theme in THEMES:
                tab = browser.new_page(viewport={"width": width, "height": top or 900}, color_scheme=theme)
                tab.goto(page.resolve().as_uri())
                path = folder / f"{page.stem}-{width}-{theme}.png"
                tab.screenshot(path=path, full_page=not top)
                tab.close()
                taken.append(path)
        browser.close()
    return taken


def take_for_readme(page: Path, folder: Path, *, browser_path: str) -> list[Path]:
    """Take the pictures that the README shows: light, some of them of one section."""
    from playwright.sync_api import sync_playwright

    folder.mkdir(parents=True, exist_ok=True)
    names = ("report", "report-mistakes", "report-looking", "report-phone")
    top, mistakes, looking, phone = (folder / f"{name}.png" for name in names)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": WIDTHS[0], "height": 1350}, color_scheme="light")
        tab.goto(page.resolve().as_uri())
        tab.screenshot(path=top)
        tab.locator("#mistakes td.miss button").first.click()
        tab.locator("#mistakes details.part").first.screenshot(path=mistakes)
        tab.locator("#looking").screenshot(path=looking)
        tab = browser.new_page(viewport={"width": WIDTHS[1], "height": 844}, color_scheme="dark", device_scale_factor=2)
        tab.goto(page.resolve().as_uri())
        tab.screenshot(path=phone)
        browser.close()
    return [top, mistakes, looking, phone]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="a run folder with a report.html")
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--top", type=int, default=0, help="only so many pixels from the top (0: the whole page)")
    parser.add_argument("--readme", action="store_true", help="the pictures of the README")
    wanted = parser.parse_args()
    page, browser_path = wanted.run / "report.html", find_browser()
    if not page.exists():
        print(f"There is no {page}; `linnet report {wanted.run}` writes it.", file=sys.stderr)
        return 1
    if browser_path is None:
        print(f"No Chromium was found; looked for {', '.join(BROWSERS)}.", file=sys.stderr)
        return 1
    if wanted.readme:
        taken = take_for_readme(page, wanted.folder, browser_path=browser_path)
    else:
        taken = take(page, wanted.folder, browser_path=browser_path, top=wanted.top)
    print(*taken, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
