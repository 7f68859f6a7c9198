"""Write the generated pages of docs/reference from the code: all commands and flags, all entries and settings.

python scripts/reference.py            write them
python scripts/reference.py --check    say whether they are as the code says, exit code 1 if not
"""

import contextlib
import io
import sys
from pathlib import Path

from rich.console import Console

from linnet import catalog, describing, workbench
from linnet.cli import COMMANDS, app
from linnet.records.experiment import DataSpec, Protocol

REFERENCE = Path(__file__).parent.parent / "docs" / "reference"


def commands() -> str:
    """Return the page of commands: the help text of each."""
    parts = [
        "# Commands\n\nMade from the code by `make docs`; `linnet COMMAND --help` shows the same. "
        "`--debug` beside any command shows where in the code an error came from.\n"
    ]
    for name in COMMANDS:
        text = io.StringIO()
        console = Console(file=text, width=100, color_system=None, legacy_windows=False)
        app.help_print([name], console=console)
        shown = "\n".join(line.rstrip() for line in text.getvalue().strip().splitlines())
        parts.append(f"## linnet {name}\n\n```text\n{shown}\n```\n")
    return "\n".join(parts)


def settings() -> str:
    """Return the page of settings: those of each rung, of the data and of the protocol."""
    parts = [
        "# Settings\n\nMade from the code by `make docs`. `--set NAME.SETTING=VALUE` fixes any of them; those that are "
        "not fixed and have several candidates are chosen on validation data.\n"
    ]
    for name in describing.ladder_names():
        found = workbench.describe(name)
        parts.append(f"## {name}\n\n{found.about[0].upper()}{found.about[1:]}.\n")
        parts.append(
            table([(f"`{name}.{key}`", f"`{kind}`", f"`{value}`") for key, (kind, value) in found.settings.items()])
        )
        shown = [", ".join(f"{k}={v}" for k, v in candidate.items()) or "defaults" for candidate in found.candidates]
        parts.append(f"Candidates, simplest first: {'; '.join(shown)}.\n")
        parts.append(f"```text\n{found.text}\n```\n")
    for title, prefix, record in (("The data", "data", DataSpec), ("The protocol", "protocol", Protocol)):
        rows = [
            (f"`{prefix}.{field.name}`", f"`{describing.type_name(field.type)}`", f"`{field.default!r}`")
            for field in record.__dataclass_fields__.values()
            if field.name != "source"
        ]
        parts.append(f"## {title}\n\n{table(rows)}\n```text\n{(record.__doc__ or '').strip()}\n```\n")
    named = [(f"`{name}`", catalog.find("datasets", name).about) for name in catalog.names("datasets")]
    parts.append(
        "## Named data sets\n\n| name | what |\n| --- | --- |\n" + "".join(f"| {n} | {a} |\n" for n, a in named)
    )
    parts += [family(title, name) for title, name in (("Augmentations", "augmentations"), ("Losses", "losses"))]
    return "\n".join(parts)


def family(title: str, name: str) -> str:
    """Return the section of a family whose entries are no rungs: what each does, and its settings with defaults."""
    rows = []
    for entry in catalog.names(name):
        found = workbench.describe(entry)
        own = [f"`{key}`" if value is None else f"`{key}={value}`" for key, (_, value) in found.settings.items()]
        rows.append(f"| `{entry}` | {found.about} | {', '.join(own)} |\n")
    return f"## {title}\n\n| name | what | settings |\n| --- | --- | --- |\n" + "".join(rows)


def table(rows: list[tuple[str, str, str]]) -> str:
    """Return a Markdown table of settings."""
    head = "| setting | type | default |\n| --- | --- | --- |\n"
    return head + "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |\n" for row in rows)


def main() -> int:
    """Write or check the pages."""
    pages = {REFERENCE / "commands.md": commands(), REFERENCE / "settings.md": settings()}
    stale = []
    for path, text in pages.items():
        current = path.read_text(encoding="utf-8") if path.exists() else ""
        if current != text:
            stale.append(path.name)
        if "--check" not in sys.argv:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if stale and "--check" in sys.argv:
        print(f"docs/reference is not as the code says ({', '.join(stale)}); run `make docs` and commit.")
        return 1
    return 0


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        sys.exit(main())
