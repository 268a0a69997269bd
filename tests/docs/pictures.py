"""The pictures of the README, drawn from what is really said: `python -m tests.docs.pictures` draws them again."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.syntax import Syntax
from rich.terminal_theme import SVG_EXPORT_THEME
from rich.text import Text
from tests.typing.page import completions, examples

__all__ = ["FOLDER", "draw", "pictures"]

FOLDER = Path(__file__).parents[2] / "docs" / "assets" / "pictures"
CONFIG = """\
model_factory: EncoderDecoderFactory
task: segmentation
backbone: timm_resnte18
backbone_drop_rate: 0.1
decoder: FCNDecoder
decoder_num_conv: 3
num_classes: 4
"""

_SHOWN = (9, 10, 11)
"""The lines of the first program on the page of type-checked builds that the editor shows."""
_COMPLETED = 'BACKBONE_REGISTRY.build("resnet18|")'
_FONTS = re.compile(r"@font-face \{\{.*?\}\}\s*", re.DOTALL)
_MARKED = re.compile(r"\w+(?==)|(?<=\()\"\w+\"")


def message() -> list[Text]:
    """What the command says of a config with two mistakes."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "config.yaml").write_text(CONFIG, encoding="utf-8")
        command = [sys.executable, "-m", "terraregistry", "validate", "config.yaml"]
        done = subprocess.run(
            command, check=False, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8"
        )
    lines = [Text("$ terraregistry validate config.yaml", style="bold")]
    for line in done.stdout.splitlines():
        beside = line.partition("|")[2]
        style = "red" if beside.strip(" ^") == "" and "^" in beside else ""
        suggested = lines[-1].style == "red"
        lines.append(Text(line, style="green" if suggested else style or ("dim" if beside else "")))
    return lines


def editor() -> list[Text]:
    """What an editor marks and proposes: wrong calls, what mypy says of each, and the names for one that is being written."""
    [program, *_] = examples()
    said = {int(line.partition(":")[0]): line.partition(": error: ")[2] for line in program.said["mypy"]}
    lines: list[Text] = []
    for number, code in enumerate(program.program.splitlines(), 1):
        if number in _SHOWN:
            call = code.partition("  #")[0]
            line = _python(call)
            marked = [*_MARKED.finditer(call)][-1]
            line.stylize("underline red", *marked.span())
            lines += [line, Text(f"  mypy: {said[number]}", style="red"), Text()]
    lines.append(_python(_COMPLETED.replace("|", "")))
    cursor = _COMPLETED.index("|") - len("resnet18")
    names = completions()[_COMPLETED][:6]
    width = max(map(len, names)) + 2
    return [*lines, *(Text(" " * cursor).append(f" {name}".ljust(width), "black on grey82") for name in names)]


def _python(code: str) -> Text:
    return Syntax("", "python", theme="ansi_dark").highlight(code)[: len(code)]


def pictures() -> dict[str, tuple[str, list[Text]]]:
    """The title and the lines of each picture, by the name of its file."""
    return {"message.svg": ("terraregistry validate", message()), "editor.svg": ("model.py", editor())}


def draw(name: str, title: str, lines: list[Text]) -> str:
    """Draw a picture, with the fonts of whoever looks at it."""
    width = max(line.cell_len for line in lines) + 1
    console = Console(record=True, width=width, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for line in lines:
        console.print(line)
    fonts = _FONTS.sub("", CONSOLE_SVG_FORMAT)
    unique = f"picture-{name.partition('.')[0]}"
    return console.export_svg(title=title, theme=SVG_EXPORT_THEME, code_format=fonts, unique_id=unique)


def main() -> None:
    """Write the pictures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, (title, lines) in pictures().items():
        (FOLDER / name).write_text(draw(name, title, lines), encoding="utf-8")


if __name__ == "__main__":
    main()
