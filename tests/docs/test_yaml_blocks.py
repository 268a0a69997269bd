"""Every config in the documentation passes `validate`, unless its fence has the word `wrong`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from terraregistry.tools.checking import check_configs

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```yaml(?! .*\bwrong\b)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = [
    pytest.param(block, id=f"{page.name}-{number}")
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    for number, block in enumerate(FENCE.findall(page.read_text(encoding="utf-8")))
    if "model_factory" in block or "from_config" in block
]


@pytest.mark.parametrize("block", BLOCKS)
def test_a_config_of_the_documentation_is_valid(block: str, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(block, encoding="utf-8")

    findings = [each for found in check_configs([str(file)], skip_others=True) for each in found]
    wrong = [str(each.problem) for each in findings if not each.is_warning and not each.is_unknown]
    assert [each for each in wrong if "mmsegmentation is not installed" not in each] == []


def test_there_are_configs_to_look_at() -> None:
    assert len(BLOCKS) > 6
