import pytest

from linnet.errors import ConfigError
from linnet.training import precision
from linnet.training.precision import choose_precision


@pytest.fixture
def processor(monkeypatch):
    """Make the processor one that can do what is named, and forget what it was asked before and afterwards."""

    def become(*capabilities):
        forget()
        monkeypatch.setattr("torch.cpu.get_capabilities", lambda: dict.fromkeys(capabilities, True))
        monkeypatch.setattr("torch.backends.mkldnn.enabled", True)

    def forget():
        precision.has_matrix_units.cache_clear()
        precision.has_quick_bfloat16.cache_clear()

    yield become
    forget()


@pytest.mark.parametrize(
    ("capabilities", "products", "reason"),
    [
        (("amx_bf16", "avx512_bf16"), "bfloat16", "has matrix units for it (AMX)"),
        (("avx512_f", "avx512_bf16"), "bfloat16", "multiplies bfloat16 faster than float32 (AVX-512 BF16)"),
        (("avx2", "avx512_f"), "float32", "is not known to multiply bfloat16 faster"),
        ((), "float32", "is not known to multiply bfloat16 faster"),
    ],
)
def test_auto_asks_the_processor_and_says_why(processor, capabilities, products, reason):
    processor(*capabilities)
    chosen = choose_precision("auto")
    assert (chosen.products, chosen.reason) == (products, f"this processor {reason}")
    assert chosen.channels_last
    assert precision.has_matrix_units() == ("amx_bf16" in capabilities)


def test_without_the_library_that_would_use_them_instructions_are_of_no_use(processor, monkeypatch):
    processor("amx_bf16", "avx512_bf16")
    monkeypatch.setattr("torch.backends.mkldnn.enabled", False)
    assert choose_precision("auto").products == "float32"


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
