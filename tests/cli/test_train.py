import json


def test_one_rung_under_the_same_protocol(command, tmp_path):
    words = ["train", "digits[3,8]", "--classifier", "knn", "--set", "knn.k=3", "--set", "knn.metric=l2"]
    code, out, _ = command(*words, "--out", tmp_path / "run", "--json")
    assert code == 0
    (row,) = json.loads(out)["rows"]
    assert row["rung"] == "knn"
    assert row["settings"]["k"] == 3
    assert (tmp_path / "run" / "ledger.jsonl").exists()


def test_a_classifier_must_be_named(command):
    assert command("train", "digits")[0] == 2
