"""The pictures of the README show what is really said."""

from __future__ import annotations

import html
import re

import pytest

from .pictures import FOLDER, pictures

_TEXTS = re.compile(r"<text[^>]*clip-path[^>]*>(.*?)</text>", re.DOTALL)


@pytest.fixture(scope="module")
def drawn():
    return pictures()


def _words(text):
    return html.unescape(text).replace("\xa0", " ").split()


@pytest.mark.parametrize("name", ["message.svg", "editor.svg"])
def test_a_picture_shows_what_is_said_today(name, drawn):
    shown = _words(" ".join(_TEXTS.findall((FOLDER / name).read_text(encoding="utf-8"))))
    said = [word for line in drawn[name][1] for word in _words(line.plain)]

    assert "".join(shown) == "".join(said)


def test_the_message_names_both_mistakes(drawn):
    lines = [line.plain for line in drawn["message.svg"][1]]

    assert sum("did you mean" in line for line in lines) == 2


def test_pictures_load_nothing(drawn):
    for name in drawn:
        assert "url(http" not in (FOLDER / name).read_text(encoding="utf-8").replace('"', "")
