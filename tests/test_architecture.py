"""The house rules that a machine can hold: floors, circles, homes of libraries, sizes, and that each file is tested."""

import ast
from collections import defaultdict
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "linnet"
FILES = sorted(SOURCE.rglob("*.py"))

FLOORS = {
    "errors": 1, "seeds": 1, "progress": 1, "charts": 1, "machine": 1, "words": 1,
    "records": 2, "images": 2, "neighbors": 2, "catalog": 2,
    "datasets": 3, "transforms": 3, "reports": 3,
    "training": 4,
    "classifiers": 5,
    "explainers": 6, "visualizations": 6,
    "evaluation": 7, "describing": 7,
    "workbench": 8, "sklearn": 8,
    "__init__": 9,
    "cli": 10, "__main__": 11,
}  # fmt: skip

HOMES = {
    "PIL": {"images", "datasets"},
    "matplotlib": {"charts"},
    "jinja2": {"reports"},
    "cyclopts": {"cli"},
    "rich": {"cli"},
    "pydantic": {"records"},
    "tomli_w": {"records"},
    "numba": {"neighbors"},
    "platformdirs": {"datasets"},
    "torchvision": {"datasets"},
    "sklearn": {"sklearn", "datasets", "visualizations"},
    "captum": {"explainers"},
    "safetensors": {"classifiers", "training"},
    "lightning_fabric": {"training"},
    "timm": {"classifiers"},
}
"""Where a third-party library may be imported: rooms, by name."""

WITHOUT_TORCH = ("records", "charts", "reports", "cli", "errors", "progress", "images")


def room(path):
    """The top-level file or folder that a source file lives in."""
    relative = path.relative_to(SOURCE)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def module_name(path):
    parts = ["linnet", *path.relative_to(SOURCE).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path):
    """Every module a file imports, anywhere in it: also inside functions and under TYPE_CHECKING."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                found.add(full if full in MODULES else str(node.module))
    return found


MODULES = {module_name(path): path for path in FILES}


def own_imports(path):
    return {name for name in imports(path) if name in MODULES and name != "linnet"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_file_imports_lower_floors_only(path):
    mine = room(path)
    for name in own_imports(path):
        other = room(MODULES[name])
        assert FLOORS[other] < FLOORS[mine] or other == mine or (mine, other) == ("workbench", "workbench"), (
            f"{path.relative_to(ROOT)} (floor {FLOORS[mine]}) imports {name} (floor {FLOORS[other]})"
        )


def test_no_import_goes_in_a_circle():
    graph = {name: own_imports(path) - {name} for name, path in MODULES.items() if name != "linnet"}
    state = defaultdict(int)

    def visit(name, trail):
        assert state[name] != 1, f"circle: {' -> '.join([*trail, name])}"
        if state[name] == 0:
            state[name] = 1
            for other in graph.get(name, ()):
                visit(other, [*trail, name])
            state[name] = 2

    for name in graph:
        visit(name, [])


@pytest.mark.parametrize("library", sorted(HOMES))
def test_a_library_is_imported_in_its_home_only(library):
    rooms = {room(path) for path in FILES if any(name.split(".")[0] == library for name in imports(path))}
    assert rooms <= HOMES[library]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_torch_stays_where_it_belongs(path):
    if room(path) in WITHOUT_TORCH:
        assert not any(name.split(".")[0] == "torch" for name in imports(path))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_only_the_catalog_imports_by_name_and_only_the_command_line_prints(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    if room(path) != "catalog":
        assert not called & {"importlib.import_module", "__import__"}
    if room(path) != "cli":
        assert "print" not in called


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_nothing_is_unpickled_or_swallowed(path):
    text = path.read_text(encoding="utf-8")
    assert "import pickle" not in text
    assert "torch.load(" not in text
    assert "torchvision.io" not in text
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ExceptHandler):
            caught = ast.unparse(node.type) if node.type else "everything"
            reraises = any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
            assert caught not in ("everything", "Exception", "BaseException") or reraises


def test_files_are_short():
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert {str(path): n for path, n in lengths.items() if n > 400} == {}
    assert median(lengths.values()) <= 150


def functions():
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield path, node


def body_lines(function):
    body = function.body
    has_text = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    rest = body[1:] if has_text else body
    return rest[-1].end_lineno - rest[0].lineno + 1 if rest else 0


def test_functions_are_short():
    lengths = {f"{path.relative_to(ROOT)}:{node.name}": body_lines(node) for path, node in functions()}
    assert {name: n for name, n in lengths.items() if n > 45} == {}
    assert sorted(lengths.values())[int(0.9 * len(lengths))] < 30


def test_functions_have_at_most_seven_parameters():
    too_many = {}
    for path, node in functions():
        names = [a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
        n = len([name for name in names if name not in ("self", "cls")])
        # The flags of a command, and the hyper-parameters of a scikit-learn estimator, are not called by other code.
        if n > 7 and room(path) != "cli" and not (room(path) == "sklearn" and node.name == "__init__"):
            too_many[f"{path.relative_to(ROOT)}:{node.name}"] = n
    assert too_many == {}


def test_every_public_name_says_what_it_is():
    silent = []
    for path in FILES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if not ast.get_docstring(tree):
            silent.append(str(path))
        for node in tree.body:
            public = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
            if public and not ast.get_docstring(node):
                silent.append(f"{path}:{node.name}")
    assert silent == []


def test_every_source_file_has_its_test_file_or_a_folder_of_them():
    missing = []
    for path in FILES:
        relative = path.relative_to(SOURCE)
        if path.stem in ("__init__", "__main__") and relative.parent.name != "cli":
            continue
        name = "test_main.py" if path.stem == "__init__" else f"test_{path.stem}.py"
        place = ROOT / "tests" / relative.parent
        if not (place / name).exists() and not list((place / path.stem).glob("test_*.py")):
            missing.append(str(relative))
    assert missing == []


def lines(folder, pattern="*.py"):
    return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in (ROOT / folder).rglob(pattern))


def test_there_is_nearly_as_much_test_as_source():
    assert lines("tests") >= 0.8 * lines("src")


def test_no_attic():
    names = {path.stem for path in FILES}
    assert not names & {"utils", "helpers", "common", "misc", "core"}
    words = ("TO" + "DO", "FIX" + "ME")
    assert [str(path) for path in FILES for word in words if word in path.read_text(encoding="utf-8")] == []
