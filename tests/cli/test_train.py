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


def test_a_source_must_be_given(command):
    code, _, said = command("train", "--classifier", "knn")
    assert code == 2
    assert "DATA is missing" in said


def test_going_on_and_asking_for_something_else_are_not_mixed(command, tmp_path):
    for more in (["digits"], ["--classifier", "knn"], ["--set", "knn.k=1"], ["--out", str(tmp_path / "x")]):
        code, _, said = command("train", *more, "--resume", tmp_path)
        assert code == 2
        assert "leave out" in said


def test_a_finished_run_is_not_gone_on_with(command, tmp_path):
    assert command("train", "digits[3,8]", "--classifier", "majority", "--out", tmp_path / "run")[0] == 0
    code, _, said = command("train", "--resume", tmp_path / "run")
    assert code == 1
    assert "nothing to go on with" in said


def test_a_missing_gpu_is_one_sentence_and_leaves_nothing_behind(command, tmp_path, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    out = tmp_path / "run"
    code, _, said = command("train", "digits[3,8]", "--classifier", "mlp", "--device", "cuda", "--out", out)
    assert code == 1
    assert "wants a GPU" in said
    assert "--device cpu" in said
    assert not out.exists()


def test_two_processes_train_one_network(command, tmp_path):
    words = ["train", "digits[3,8]", "--classifier", "mlp", "--set", "mlp.hidden=[8]", "--epochs", "2"]
    code, out, _ = command(*words, "--devices", "2", "--device", "cpu", "--out", tmp_path / "run", "--json")
    assert code == 0
    (row,) = json.loads(out)["rows"]
    assert row["settings"]["devices"] == 2
    assert row["accuracy"] > 0.9


def test_flags_for_networks_beside_another_rung_are_refused(command, tmp_path):
    code, _, said = command("train", "digits[3,8]", "--classifier", "knn", "--epochs", "3", "--out", tmp_path / "run")
    assert code == 1
    assert "None of these rungs is a network" in said
