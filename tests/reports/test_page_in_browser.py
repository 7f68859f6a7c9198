"""The page in a real browser: no error, no request, no sideways scroll, and answers to every click and key."""

import re
import shutil
from importlib import resources

import pytest

from linnet.reports import write
from linnet.words import chance

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


def press(tab, truth, said, rung="softmax-regression", key=None):
    """Open a rung's part and one cell of its matrix, by a click or a key; return the part."""
    part = tab.locator(f"#mistakes-{rung}")
    part.evaluate("part => part.open = true")
    button = part.locator(f'.matrix [data-cell="{truth}-{said}"]')
    if key is None:
        button.click()
    else:
        button.focus()
        tab.keyboard.press(key)
    return part


def busiest(run, rung="softmax-regression"):
    """The most frequent miss of a rung: truth, prediction, and the ids of its pictures, most confident first."""
    found = run.predictions(rung, "test")
    cells = found.labels * 10 + found.predicted
    wrong = cells[~found.correct].tolist()
    cell = max(sorted(set(wrong)), key=wrong.count)
    rows = sorted((i for i in range(len(found)) if cells[i] == cell), key=lambda i: (-found.probabilities[i].max(), i))
    return cell // 10, cell % 10, [str(found.ids[i]) for i in rows]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_a_click_on_a_cell_shows_its_pictures_with_their_labels(visit, address, finished_run, width, theme):
    truth, said, ids = busiest(finished_run)
    tab = visit(address, width=width, theme=theme)
    part = press(tab, truth, said)
    panel = part.locator(".gallery")
    assert panel.locator(".gallery-title").inner_text() == f"{len(ids)} pictures of {truth} taken for {said}"
    assert panel.locator(".id").all_inner_texts() == ids
    assert all(text.startswith(f"said {said}") for text in panel.locator(".said:nth-of-type(1)").all_inner_texts())
    broken = "images => images.filter(image => !image.complete || image.naturalWidth === 0).length"
    tab.wait_for_function("document.querySelector('.gallery img').complete")
    assert panel.locator("img").count() == len(ids)
    assert tab.eval_on_selector_all(".gallery img", broken) == 0
    assert panel.locator("figure").first.is_visible()
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert tab.complaints == []
    assert [url for url in tab.requests if not url.startswith("data:")] == [address]


def test_the_probabilities_below_a_picture_are_those_of_the_rung(visit, address, finished_run):
    truth, said, ids = busiest(finished_run)
    found = finished_run.predictions("softmax-regression", "test")
    panel = press(visit(address), truth, said).locator(".gallery")
    for image, figure in zip(ids, panel.locator("figure").all(), strict=True):
        chances = found.probabilities[found.ids.tolist().index(image)]
        assert figure.locator(".share").all_inner_texts() == [chance(chances[said]), chance(chances[truth])]
    widths = panel.locator(".meter").evaluate_all("meters => meters.map(one => one.style.getPropertyValue('--value'))")
    assert all(re.fullmatch(r"\d+%", width) for width in widths)


def test_a_cell_on_the_diagonal_shows_what_was_told_right(visit, address):
    panel = press(visit(address), 3, 3).locator(".gallery")
    assert re.fullmatch(r"\d+ pictures of 3 told right(; \d+ shown)?", panel.locator(".gallery-title").inner_text())
    assert panel.locator("figure").first.locator(".said").count() == 1


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_a_cell_opens_by_key_and_escape_leads_back_to_it(visit, address, finished_run, key):
    truth, said, _ = busiest(finished_run)
    tab = visit(address)
    part = press(tab, truth, said, key=key)
    assert part.locator(".gallery figure").count() > 0
    focused = "document.activeElement.dataset.cell + document.activeElement.getAttribute('aria-expanded')"
    assert tab.evaluate(focused) == f"{truth}-{said}true"
    part.locator(".close").focus()
    tab.keyboard.press("Escape")
    assert part.locator(".gallery figure").count() == 0
    assert tab.evaluate(focused) == f"{truth}-{said}false"


def test_another_cell_takes_the_place_of_the_first_and_a_second_click_closes(visit, address):
    tab = visit(address)
    press(tab, 3, 3)
    part = press(tab, 4, 4)
    assert part.locator("[aria-expanded=true]").count() == 1
    assert part.locator(".gallery-title").count() == 1
    press(tab, 4, 4)
    assert part.locator("[aria-expanded=true]").count() == part.locator(".gallery figure").count() == 0


def test_the_close_button_closes_and_gives_the_focus_back(visit, address):
    tab = visit(address)
    part = press(tab, 3, 3)
    part.get_by_role("button", name="Close").click()
    assert part.locator(".gallery figure").count() == 0
    assert tab.evaluate("document.activeElement.dataset.cell") == "3-3"


def test_arrows_lead_from_cell_to_cell_and_a_matrix_is_one_stop_of_the_tab_key(visit, address):
    tab = visit(address)
    part = press(tab, 3, 3)
    assert part.locator(".matrix button[tabindex='0']").count() == 1
    before = tab.evaluate("document.activeElement.closest('td').cellIndex")
    tab.keyboard.press("ArrowLeft")
    assert tab.evaluate("document.activeElement.closest('td').cellIndex") < before
    tab.keyboard.press("ArrowRight")
    assert tab.evaluate("document.activeElement.dataset.cell") == "3-3"
    for key in ("ArrowDown", "ArrowUp"):
        tab.keyboard.press(key)
    assert tab.evaluate("document.activeElement.closest('td').cellIndex") == before
    for _ in range(20):  # the edge holds
        tab.keyboard.press("ArrowUp")
    assert tab.evaluate("document.activeElement.tagName") == "BUTTON"


def test_a_cell_says_to_a_reader_what_it_holds(visit, address, finished_run):
    truth, said, ids = busiest(finished_run)
    tab = visit(address)
    part = press(tab, truth, said)
    name = f"{len(ids)} pictures of {truth} taken for {said}"
    assert part.locator(".matrix").get_by_role("button", name=name, exact=True).count() == 1
    assert part.locator(".gallery-title").get_attribute("aria-live") == "polite"


def test_confused_pairs_open_the_same_pictures(visit, address, finished_run):
    truth, said, ids = busiest(finished_run)
    tab = visit(address)
    part = tab.locator("#mistakes-softmax-regression")
    part.evaluate("part => part.open = true")
    part.locator(f'.confused [data-cell="{truth}-{said}"]').click()
    assert part.locator(".gallery .id").all_inner_texts() == ids


def test_with_too_many_classes_for_a_matrix_the_pairs_show_their_pictures(visit, new_run):
    tab = visit(write(new_run(class_names=tuple(f"class {i}" for i in range(30)), n_per_class=20)).as_uri(), width=390)
    part = tab.locator("details.part[open]")
    button = part.locator(".confused button").first
    truth, said = re.fullmatch(r"(.+) taken for (.+)", button.inner_text()).groups()
    button.click()
    assert re.search(f"of {truth} taken for {said}", part.locator(".gallery-title").inner_text())
    assert all(image.startswith(f"{truth}/") for image in part.locator(".gallery .id").all_inner_texts())
    assert tab.complaints == []


def test_names_of_any_script_stand_in_the_gallery_as_they_are(visit, new_run):
    names = ('<b>cat</b> & "dog"', "حسون التفاح", "</script><script>window.ran = 1</script>", "鳥\u2028鳥")
    run = new_run(class_names=names, n_per_class=60)
    tab = visit(write(run).as_uri(), width=390)
    for truth, name in enumerate(names):
        part = press(tab, truth, truth)
        title = part.locator(".gallery-title").text_content()
        assert f"of {name} told right" in title
    assert tab.evaluate("window.ran") is None
    assert tab.complaints == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_sorted_table_is_announced(visit, address):
    tab = visit(address)
    tab.locator(".leaderboard").get_by_role("button", name="Log-loss").click()
    assert tab.locator("p[role=status]").text_content() == "Sorted by Log-loss, ascending."


def test_any_table_can_be_sorted_and_what_is_missing_stands_last(visit, tmp_path):
    script = resources.files("linnet.reports").joinpath("templates", "page.js").read_text(encoding="utf-8")
    rows = "".join(f"<tr><td>{text}</td></tr>" for text in ("10", "", "9", "1e3", "b", "a"))
    table = f"<table data-sortable><thead><tr><th><button>A</button></th></tr></thead><tbody>{rows}</tbody></table>"
    (tmp_path / "table.html").write_text(f"<!doctype html><body>{table}<script>{script}</script></body>")
    tab = visit((tmp_path / "table.html").as_uri())
    tab.get_by_role("button").click()
    assert tab.locator("td").all_inner_texts() == ["9", "10", "1e3", "a", "b", ""]
    tab.get_by_role("button").click()
    assert tab.locator("td").all_inner_texts() == ["b", "a", "1e3", "10", "9", ""]
    assert tab.get_attribute("th", "aria-sort") == "descending"
    assert tab.complaints == []


def test_a_link_opens_what_it_leads_to(visit, address):
    tab = visit(address + "#mistakes-majority")
    assert tab.locator("#mistakes-majority").get_attribute("open") is not None
    tab.evaluate("location.hash = '#mistakes-knn'")
    tab.wait_for_function("document.querySelector('#mistakes-knn').open")
    tab.evaluate("location.hash = '#%'")
    assert tab.complaints == []


def test_after_printing_everything_is_closed_again(visit, address):
    tab = visit(address)
    closed = tab.locator("details:not([open])").count()
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert tab.locator("details:not([open])").count() == 0
    tab.evaluate("dispatchEvent(new Event('afterprint'))")
    assert tab.locator("details:not([open])").count() == closed > 0


def test_without_a_script_the_page_shows_all_but_the_galleries(browser, address):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1440, "height": 900})
    tab = context.new_page()
    tab.goto(address)
    assert tab.locator("details[open] .matrix .hit").first.inner_text().split()[0].isdigit()
    assert tab.locator("#looking img").first.is_visible()
    assert not tab.locator(".scripted").first.is_visible()
    assert not tab.locator("[data-cell]").first.is_enabled()
    context.close()


def test_the_first_column_stays_while_the_looks_scroll(visit, address):
    tab = visit(address, width=390)
    left = "document.querySelector('.looking tbody th').getBoundingClientRect().left"
    before = tab.evaluate(left)
    tab.evaluate("document.querySelector('.scroll:has(.looking)').scrollLeft = 200")
    assert tab.evaluate("document.querySelector('.scroll:has(.looking)').scrollLeft") == 200
    assert tab.evaluate(left) == pytest.approx(before, abs=1)
