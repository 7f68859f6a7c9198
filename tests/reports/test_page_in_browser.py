"""The page in a real browser: no error, no request, no sideways scroll, and a leaderboard that sorts."""

import shutil

import pytest

from linnet.reports import write

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip(f"no Chromium was found; looked for {', '.join(BROWSERS)}")
    with playwright.sync_playwright() as running:
        # The sandbox cannot start for root and in containers; the page is our own and loads nothing.
        opened = running.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def address(finished_run, tmp_path_factory):
    return write(finished_run, tmp_path_factory.mktemp("browser") / "report.html").as_uri()


@pytest.fixture
def visit(browser):
    """Open an address, and collect what the page says on the console and asks of the network."""
    opened = []

    def go(address, *, width=1440, theme="light", media="screen"):
        tab = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=theme)
        tab.complaints, tab.requests = [], []
        tab.on("console", lambda message: tab.complaints.append(message.text))
        tab.on("pageerror", lambda error: tab.complaints.append(str(error)))
        tab.on("request", lambda request: tab.requests.append(request.url))
        tab.emulate_media(media=media)
        tab.goto(address)
        opened.append(tab)
        return tab

    yield go
    for tab in opened:
        tab.close()


def columns(tab, index):
    return tab.eval_on_selector_all(
        ".leaderboard tbody tr", f"rows => rows.map(row => row.cells[{index}].dataset.value)"
    )


def test_the_page_asks_for_nothing_and_complains_of_nothing(visit, address):
    tab = visit(address)
    tab.wait_for_timeout(100)
    assert tab.complaints == []
    assert [url for url in tab.requests if not url.startswith("data:")] == [address]


@pytest.mark.parametrize("width", [320, 390, 768, 1024, 1440])
def test_the_page_never_scrolls_sideways(visit, address, width):
    tab = visit(address, width=width)
    tab.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    assert tab.evaluate("document.documentElement.scrollWidth") <= width


def test_a_page_with_two_hundred_long_names_does_not_scroll_sideways_either(visit, new_run):
    names = tuple(f"Straßenüberführungsbauwerk_mit_Geländer_und_Beleuchtung_{i}" for i in range(200))
    run = new_run(class_names=names, n_per_class=5, name=names[0] * 2, has_numbers=True, rungs=("knn",))
    tab = visit(write(run).as_uri(), width=390)
    tab.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_click_sorts_best_first_and_another_one_turns_it_round(visit, address):
    tab = visit(address)
    button = tab.locator(".leaderboard").get_by_role("button", name="Log-loss")
    values = sorted(columns(tab, 4), key=float)
    button.click()
    assert columns(tab, 4) == values
    assert tab.get_attribute(".leaderboard th:has-text('Log-loss')", "aria-sort") == "ascending"
    button.click()
    assert columns(tab, 4) == values[::-1]


def test_accuracy_sorts_with_the_highest_first_and_only_one_column_is_sorted(visit, address):
    tab = visit(address)
    tab.locator(".leaderboard").get_by_role("button", name="Fit").click()
    tab.locator(".leaderboard").get_by_role("button", name="Accuracy").click()
    assert columns(tab, 2) == sorted(columns(tab, 2), key=float, reverse=True)
    assert tab.locator("th[aria-sort=descending], th[aria-sort=ascending]").count() == 1


def test_names_sort_as_words(visit, address):
    tab = visit(address)
    tab.locator(".leaderboard").get_by_role("button", name="Rung").click()
    assert columns(tab, 1) == ["knn", "majority", "softmax-regression", "two-layer"]


def test_classes_sort_by_their_recall_and_by_their_names(visit, address):
    tab = visit(address)
    table = tab.locator(".by-class").first
    values = "rows => rows.map(row => row.cells[{}].dataset.value)"
    table.get_by_role("button", name="Recall").click()
    found = table.locator("tbody tr").evaluate_all(values.format(3))
    assert len(found) == 10
    assert found == sorted(found, key=float)
    table.get_by_role("button", name="Class").click()
    assert table.locator("tbody tr").evaluate_all(values.format(0)) == [str(i) for i in range(10)]


def test_every_chart_is_drawn_and_none_is_cut_off(visit, address):
    tab = visit(address, width=390)
    tab.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    boxes = tab.eval_on_selector_all(".chart svg", "all => all.map(svg => svg.getBoundingClientRect().toJSON())")
    assert len(boxes) > 15
    assert all(box["width"] > 200 and box["height"] > 100 and box["right"] <= 390 for box in boxes)


def test_a_name_that_is_a_script_does_not_run(visit, new_run):
    run = new_run(
        class_names=("<script>window.ran = 1</script>", "<img src=x onerror='window.ran=1'>"),
        n_per_class=20,
        has_numbers=True,
        rungs=("knn", "two-layer"),
    )
    tab = visit(write(run).as_uri())
    assert tab.evaluate("window.ran") is None
    assert tab.complaints == []


@pytest.mark.parametrize(("theme", "is_dark"), [("light", False), ("dark", True)])
def test_the_theme_follows_the_system(visit, address, theme, is_dark):
    ground = visit(address, theme=theme).evaluate("getComputedStyle(document.body).backgroundColor")
    assert (int(ground.removeprefix("rgb(").split(",")[0]) < 128) == is_dark


def test_charts_take_the_color_of_the_theme(visit, address):
    ask = "getComputedStyle(document.querySelector('.chart text')).fill"
    assert visit(address, theme="light").evaluate(ask) != visit(address, theme="dark").evaluate(ask)


def test_paper_is_white_and_shows_every_rung(visit, address):
    tab = visit(address, theme="dark", media="print")
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert tab.locator("details.part:not([open])").count() == 0


def test_every_picture_can_be_decoded(visit, address):
    broken = "images => images.filter(image => image.complete && image.naturalWidth === 0).length"
    assert visit(address).eval_on_selector_all("img", broken) == 0


def test_the_leaderboard_can_be_sorted_with_the_keyboard(visit, address):
    tab = visit(address)
    tab.locator(".leaderboard").get_by_role("button", name="MB").focus()
    tab.keyboard.press("Enter")
    assert columns(tab, 9) == sorted(columns(tab, 9), key=float)
