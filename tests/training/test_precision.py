import pytest

from linnet.errors import ConfigError
from linnet.training import precision
from linnet.training.precision import choose_precision


@pytest.mark.parametrize("has", [True, False])
def test_auto_asks_the_processor_and_says_why(monkeypatch, has):
    monkeypatch.setattr(precision, "has_matrix_units", lambda: has)
    chosen = choose_precision("auto")
    assert chosen.products == ("bfloat16" if has else "float32")
    assert ("AMX" in chosen.reason) is has
    assert chosen.channels_last


@pytest.mark.parametrize(("word", "fabric"), [("float32", "32-true"), ("bfloat16", "bf16-mixed")])
def test_what_is_asked_for_is_taken(word, fabric):
    chosen = choose_precision(word)
    assert (chosen.products, chosen.fabric, chosen.reason) == (word, fabric, "asked for")


@pytest.mark.parametrize("able", [True, False])
def test_a_gpu_is_asked_too(monkeypatch, able):
    monkeypatch.setattr("torch.cuda.is_bf16_supported", lambda including_emulation: able)
    assert choose_precision("auto", device="cuda").products == ("bfloat16" if able else "float32")


def test_another_kind_of_gpu_gets_float32():
    assert choose_precision("auto", device="mps").products == "float32"


@pytest.mark.parametrize(("asked", "device"), [("half", "cpu"), ("auto", "tpu")])
def test_unknown_words_are_refused(asked, device):
    with pytest.raises(ConfigError, match="should be"):
        choose_precision(asked, device=device)


def test_the_machine_answers_with_yes_or_no():
    assert precision.has_matrix_units() in (True, False)
