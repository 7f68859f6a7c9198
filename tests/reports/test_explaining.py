import re
from html.parser import HTMLParser

import numpy as np
import pytest

from linnet.errors import RunError
from linnet.images.png import encode_png
from linnet.records.inquiry import Answer, Drawing, Inquiry
from linnet.reports import explaining

EVIL = "<script>alert(1)</script>"
PNG = encode_png(np.zeros((1, 4, 4), dtype=np.uint8))
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"></svg>'


def drawing(file, method="occlusion", target="owl", **more):
    return Drawing(method=method, title=method, caption="Stronger matters more.", file=file, target=target, **more)


def answer_of(number, *drawings, name="owl/1.png", label="", target="owl", n_classes=3):
    names = [target, "gull", *(f"other {i}" for i in range(n_classes - 2))]
    chances = np.linspace(2, 1, n_classes) / np.linspace(2, 1, n_classes).sum()
    return Answer(
        name=name,
        file=f"{number}.png",
        label=label,
        predicted=names[0],
        probabilities=dict(zip(names, chances.tolist(), strict=True)),
        target=target,
        drawings=drawings,
    )


def inquiry_of(*answers, **more):
    return Inquiry(**{"run": "birds-1", "rung": "cnn", "seed": 0, "answers": answers, **more})


class Page(HTMLParser):
    """Collect elements, attributes and words, and see that every element ends."""

    VOID = ("meta", "link", "img", "br", "path", "circle", "ellipse")

    def __init__(self, text):
        super().__init__()
        self.open, self.found, self.words = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "title"):
            self.words.append(data.strip())

    def all(self, tag):
        return [attributes for name, attributes in self.found if name == tag]

    @property
    def text(self):
        return " ".join(word for word in self.words if word)


def page_of(inquiry, files):
    return Page(explaining.render(inquiry, files))


def test_every_picture_has_a_heading_its_prediction_and_its_maps():
    page = page_of(
        inquiry_of(answer_of(1, drawing("1-a.png")), answer_of(2, drawing("2-a.png"), name="gull/7.png")),
        dict.fromkeys(("1.png", "2.png", "1-a.png", "2-a.png"), PNG),
    )
    assert "owl/1.png" in page.text
    assert "gull/7.png" in page.text
    assert "What speaks for owl" in page.text
    assert len(page.all("img")) == 4
    assert len(page.all("h1")) == 1


def test_every_image_is_inside_the_file_and_has_an_alternative_text():
    inquiry = inquiry_of(answer_of(1, drawing("1-a.png")), drawings=(drawing("rung.svg", "filters", ""),))
    page = page_of(inquiry, {"1.png": PNG, "1-a.png": PNG, "rung.svg": SVG})
    for image in page.all("img"):
        assert image["src"].startswith(("data:image/png;base64,", "data:image/svg+xml;base64,"))
        assert image["alt"]


def test_the_page_asks_no_host_for_anything_and_forbids_it():
    text = explaining.render(inquiry_of(answer_of(1)), {"1.png": PNG})
    assert re.findall(r"""(?:src|href)=["']?(?:https?:)?//""", text) == []
    assert "default-src 'none'" in text
    assert "<script" not in text


def test_the_page_follows_light_and_dark_and_fits_a_phone():
    text = explaining.render(inquiry_of(answer_of(1)), {"1.png": PNG})
    assert "prefers-color-scheme: dark" in text
    assert 'name="viewport"' in text


def test_the_legend_says_what_is_for_and_against():
    one = drawing("a.png", legend=(("rgb(225, 121, 27)", "for owl"), ("rgb(59, 157, 246)", "against owl")))
    page = page_of(inquiry_of(answer_of(1, one)), {"1.png": PNG, "a.png": PNG})
    assert "for owl" in page.text
    assert "against owl" in page.text
    assert "background: rgb(225, 121, 27)" in [mark.get("style") for mark in page.all("i")]


def test_sanity_and_what_was_left_out_are_said():
    one = drawing("a.png", sanity="It hangs on it.")
    page = page_of(
        inquiry_of(answer_of(1, one), left_out=("nearest is left out: gone.",)), {"1.png": PNG, "a.png": PNG}
    )
    assert "It hangs on it." in page.text
    assert "nearest is left out: gone." in page.text


@pytest.mark.parametrize(("label", "said"), [("owl", "right"), ("gull", "wrong"), ("", None)])
def test_right_and_wrong_are_told_where_the_truth_is_known(label, said):
    page = page_of(inquiry_of(answer_of(1, label=label)), {"1.png": PNG})
    chips = [span["class"] for span in page.all("span") if "chip" in span.get("class", "")]
    assert chips == ([f"chip {said}"] if said else [])


def test_names_cannot_become_markup():
    one = drawing("a.png", target=EVIL, legend=(("red", EVIL),))
    answer = answer_of(1, one, name=EVIL, target=EVIL)
    text = explaining.render(inquiry_of(answer, run=EVIL), {"1.png": PNG, "a.png": PNG})
    assert "<script" not in text
    assert EVIL in Page(text).text


def test_the_likeliest_classes_are_listed_and_the_explained_one_in_any_case():
    plain = answer_of(1, n_classes=200)
    assert [name for name, _ in explaining.chances(plain)] == ["owl", "gull", "other 0", "other 1", "other 2"]
    unlikely = Answer(**{**vars(plain), "target": "other 190"})
    listed = explaining.chances(unlikely)
    assert [name for name, _ in listed] == ["owl", "gull", "other 0", "other 1", "other 2", "other 190"]
    assert [chance for _, chance in listed] == sorted((chance for _, chance in listed), reverse=True)


def test_maps_of_one_class_stand_side_by_side_and_panels_by_method():
    drawings = (
        drawing("a.png", "grad-cam"), drawing("b.png", "occlusion"), drawing("c.png", "nearest", ""),
        drawing("d.png", "nearest", ""), drawing("e.png", "activations", ""),
    )  # fmt: skip
    found = [(g["target"], g["method"], len(g["drawings"])) for g in explaining.groups(drawings)]
    assert found == [("owl", "", 2), ("", "nearest", 2), ("", "activations", 1)]


def test_many_drawings_of_one_method_are_folded_away():
    files = {"1.png": PNG} | {f"{i}.png": PNG for i in range(9)}
    for n, n_folded in ((6, 0), (7, 1)):
        layers = [drawing(f"{i}.png", "activations", "") for i in range(n)]
        page = page_of(inquiry_of(answer_of(1, *layers)), files)
        assert len(page.all("details")) == n_folded
        assert len(page.all("img")) == n + 1
        assert "activations" in page.text


def test_a_folder_is_written_whole(tmp_path):
    inquiry = inquiry_of(answer_of(1, drawing("1-a.png")))
    page = explaining.write(inquiry, {"1.png": PNG, "1-a.png": PNG}, tmp_path / "deep" / "out")
    assert page == tmp_path / "deep" / "out" / "explanations.html"
    assert {path.name for path in page.parent.iterdir()} == {
        "1.png", "1-a.png", "explanations.json", "explanations.html",
    }  # fmt: skip
    assert Inquiry.read(page.parent / "explanations.json") == inquiry
    assert page.read_text(encoding="utf-8") == explaining.render(inquiry, {"1.png": PNG, "1-a.png": PNG})
    assert [path.name for path in page.parent.parent.iterdir()] == ["out"]


def test_a_folder_that_is_there_is_left_as_it_is(tmp_path):
    with pytest.raises(RunError, match="exists already"):
        explaining.write(inquiry_of(answer_of(1)), {"1.png": PNG}, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_when_writing_fails_nothing_is_left(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(explaining, "write_text", full)
    with pytest.raises(OSError, match="No space"):
        explaining.write(inquiry_of(answer_of(1)), {"1.png": PNG}, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_the_same_answers_make_the_same_page():
    inquiry, files = inquiry_of(answer_of(1)), {"1.png": PNG}
    assert explaining.render(inquiry, files) == explaining.render(inquiry, files)
