"""Classes whose `__new__` may return something else: Python calls `__init__` only for an instance of the class."""

from __future__ import annotations

import pytest

from .test_statements import text, written

OTHER = """
class Other:
    def __init__(self, a, c=3): ...
def unknown(**kwargs):
    return eval("Other")(**kwargs)
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        # Another class, which decides alone.
        (["return Other(**kwargs)"], "(*, a, c=3)"),
        (["made = Other(**kwargs)", "return made"], "(*, a, c=3)"),
        (["if kwargs.get('c'):", "    return Other(**kwargs)", "raise ValueError"], "(*, a, c=3)"),
        (["return Other.__new__(Other)"], "()"),
        (["return {**kwargs}"], "(**kwargs)"),
        (["kwargs.pop('a')", "return [cls]"], "(*, a)"),
        # An instance of the class, which its `__init__` gets as well.
        (["return super().__new__(cls)"], "(*, b=2)"),
        (["return object.__new__(cls)"], "(*, b=2)"),
        (["self = super().__new__(cls)", "return self"], "(*, b=2)"),
        (["if cls.made is None:", "    cls.made = super().__new__(cls)", "return cls.made"], "(*, b=2)"),
        (["return object.__new__(make)"], "(*, b=2)"),
        # Either of the two, or nobody knows: what one of them takes is taken.
        (["if kwargs.get('a'):", "    return Other(**kwargs)", "return super().__new__(cls)"], "(*, b=2, a=None, c=3)"),
        (["return unknown(**kwargs)"], "(*, b=2, **kwargs)"),
        (["return (Other if kwargs.get('a') else cls)(**kwargs)"], "(*, b=2, a=..., c=3)"),
    ],
    ids=lambda each: "; ".join(each) if isinstance(each, list) else "",
)
def test_what_a_class_with_new_accepts(body: list[str], expected: str) -> None:
    head = ["class make:", "    made = None", "    def __init__(self, b=2): ...", "    def __new__(cls, **kwargs):"]
    assert text(written(OTHER + "\n".join([*head, *("        " + line for line in body)]))) == expected
