"""Separating code from other text by characters alone."""

from __future__ import annotations

import pytest

from dovetail.completion.preparation.lexical import CODE, State, depth, read, state_in


@pytest.mark.parametrize(
    ("language", "text", "code"),
    [
        ("python", "f('(')", "f(   )"),
        ("python", 'f("""(\n)""") # (', "f(    \n    )    "),
        ("python", "f('it\\'s (')", "f(         )"),
        ("python", "x = 'open (\ny = (", "x =        \ny = ("),
        ("c", "f('(', \"(\"); // (", "f(   ,    );     "),
        ("c", "a /* ( */ b", "a         b"),
        ("c", "#define A(x) '('", "#define A(x)    "),
        ("rust", "fn f<'a>(c: char) { c == '(' }", "fn f<'a>(c: char) { c ==     }"),
        ("rust", "'\\u{28}'", "        "),
        ("javascript", "a.split(/[(/]/g)", "a.split(      g)"),
        ("javascript", "a / b / (c", "a / b / (c"),
        ("javascript", "`(${a}\n(`", "       \n  "),
        ("go", "a := `(\n(` + '('", "a :=   \n   +    "),
        ("", "don't (", "don't ("),
        ("", "see http://x.y/(", "see http://x.y/("),
        ("", 'echo "(" # (', "echo        "),
    ],
)
def test_what_is_not_code_is_blank(language: str, text: str, code: str) -> None:
    found, _ = read(text, language)
    assert found == code or found.rstrip() == code.rstrip()
    assert len(found) == len(text)


@pytest.mark.parametrize(
    ("kind", "before", "language", "end"),
    [
        ("string", 'x = "a', "python", '"'),
        ("string", '"""\nlong\n', "python", '"""'),
        ("comment", "/*\n * a", "java", "*/"),
        ("comment", "x = 1  # a", "python", "\n"),
        ("code", "don't", "", ""),
        ("code", '{"name": "', "", '"'),
        ("code", "x = 1", "c", ""),
    ],
)
def test_the_state_at_a_place(kind: str, before: str, language: str, end: str) -> None:
    assert state_in(kind, before, language) == State(end)


def test_reading_goes_on_where_it_stopped() -> None:
    whole = 'a("(\\"", \'(\') /* ( \n ( */ b // ('
    for cut in range(len(whole)):
        first, state = read(whole[:cut], "c", CODE)
        if whole[cut - 1 : cut] not in ("/", "*", "\\"):
            assert first + read(whole[cut:], "c", state)[0] == read(whole, "c")[0], cut


def test_depth() -> None:
    assert depth(read("f(a[0], {", "c")[0]) == 2
