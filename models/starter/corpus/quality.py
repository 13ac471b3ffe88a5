"""Quality screening (paper section 2.4): does it parse, is it readable, is it code rather than data? Pure.

The paper uses a compiler and a quality model. Here: Python is parsed; other languages have their brackets matched
outside
strings and comments; and plain figures stand in for the quality model.
"""

import ast
import re
import warnings

MIN_DISTINCT_LINES = 0.45  # share; tables and copied boilerplate fall below
MAX_LITERAL_SHARE = 0.35  # share of characters in strings and numbers, for files that are really data
MAX_COMMENT_SHARE = 0.75  # share of characters; documentation, licences
_PAIRS = {")": "(", "]": "[", "}": "{"}
_LITERALS = re.compile(r'"(?:[^"\\\n]|\\.)*"|' r"'(?:[^'\\\n]|\\.)*'|\b\d[\w.]*\b")
_COMMENTS = re.compile(r'"""[\s\S]*?"""|' r"'''[\s\S]*?'''|^\s*(?:#|//).*$|/\*[\s\S]*?\*/", re.MULTILINE)
_NOT_CODE = re.compile(  # comments, strings, templates, characters; Rust lifetimes are not characters
    r'//[^\n]*|/\*[\s\S]*?\*/|"(?:[^"\\]|\\[\s\S])*"|`(?:[^`\\]|\\[\s\S])*`|'
    r"'(?:[^'\\\n]|\\[^\n]{1,8}?)'|'(?:[^'\\\n]|\\.)*'(?=[\s,;:)\]}.+]|$)"
)


def defect(text: str, language: str) -> str | None:
    """The name of what is wrong with the file, or None."""
    if language == "python":
        if not _python_parses(text):
            return "does not parse"
    elif not _brackets_match(text, language):
        return "brackets do not match"
    lines = [stripped for line in text.split("\n") if len(stripped := line.strip()) > 3]
    if len(lines) > 20 and len(set(lines)) < MIN_DISTINCT_LINES * len(lines):
        return "repeats itself"
    characters = len(text) + 1
    if sum(len(match) for match in _COMMENTS.findall(text)) > MAX_COMMENT_SHARE * characters:
        return "nearly all comment"
    if sum(len(match) for match in _LITERALS.findall(_COMMENTS.sub("", text))) > MAX_LITERAL_SHARE * characters:
        return "mostly literals"
    return None


def _python_parses(text: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True


def _brackets_match(text: str, language: str) -> bool:
    """Whether brackets pair up once strings and comments are gone; regular expressions may leave a few over."""
    if language in ("c", "cpp"):
        return True  # both branches of an #if may open the same bracket
    open_brackets: list[str] = []
    mismatches = 0
    for character in re.findall(r"[()\[\]{}]", _NOT_CODE.sub("", text)):
        if character in "([{":
            open_brackets.append(character)
        elif open_brackets and open_brackets[-1] == _PAIRS[character]:
            open_brackets.pop()
        else:
            mismatches += 1
    return mismatches + len(open_brackets) <= 4
