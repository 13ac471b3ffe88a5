"""Whether a value may be the secret that its name promises, or is a word, a placeholder, a path or code. Pure."""

import re
from functools import lru_cache

from dovetail_context.workspace.secrets.names import Level, level_of
from dovetail_context.workspace.secrets.randomness import randomness

# The minimum number of characters of a value: for the name of a secret, for a name that may hold a secret, and of the
# longest part of a value with several words.
_SHORTEST, _SHORTEST_RANDOM, _SHORTEST_BESIDE_WORD = 6, 16, 20
# Bits of `randomness` from which a value counts as drawn by chance. Without quotes it may be code, which needs more.
_RANDOM, _RANDOM_LETTERS, _RANDOM_IN_CODE, _SURELY_RANDOM = 3.0, 8.0, 6.0, 10.0

_PLACEHOLDER = re.compile(
    r"\$\{+([^{}]*)\}+|\{\{([^{}]*)\}\}|\$\(([^()]*)\)|#\{([^{}]*)\}|\{([A-Za-z_][\w.\[\]()!:'\", ]*)?\}|"
    r"\{\d:?[^{}]{0,4}\}|"
    r"%\((\w+)\)[sdrif]|%-?\d{0,2}[sdvqfi](?![A-Za-z0-9])|<([A-Za-z][\w \-./:]*)>|\$([A-Za-z_]\w*)|%([A-Z_]{3,})%|"
    r"\[([A-Z][A-Z_ ]+)\]|@([A-Z_]{3,})@|__([A-Z_]{3,})__"
)
_FILLER = re.compile(r"\.\.\.|…|[xX*#]{6}|[_\-.]{4}|(?:EXAMPLE|REPLACE|CHANGE|INSERT|YOUR)[_\-]|^your[_-]|^data:|^arn:")
_EXPRESSION = re.compile(  # of a pattern for text
    r"\[\^?[\w\\]-[\w]|\(\?[=:!<P]|\\[dwsSWDbB](?:[+*{\]]|$)|[.\])][*+](?:[?)$]|$)|\]\{\d"
)
_WORDS = re.compile(r"[A-Za-z]+(?:[-_. /:+]+[A-Za-z]+)*(?P<digits>\d{0,2})\Z")
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[_.\-][A-Za-z0-9]+)+\Z")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)
_RANDOM_TEXT = re.compile(r"[\w+/=.~\-:@!#$%^&*?]+\Z")
_NUMBER_OR_DATE = re.compile(r"[\d.,:\-/+ TZ]*\Z")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z\-]{2,15}[ :](?=\S{16,}\Z)")
_SIGNS = re.compile(r"[!@#$%^&*+=?~]")
_ARGUMENT = re.compile(r"[A-Za-z_][\w.\-]*=(?:[\w.]*|[\[{(].*)\Z")  # `utc=True`
_PART = re.compile(r"[^A-Za-z0-9+=]+")
_SEPARATORS = re.compile(r"[./:\-_](?=\w)")
_NAME_OF_VARIABLE = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\Z")
# As rules for passwords ask for: small letters, capitals, digits and a sign, of those that no expression has.
_BY_THE_RULES = re.compile(
    r"(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])(?=\D*\d)(?=[\w!@#$%^&*~?+=\-]*[!@#$%^*~])[\w!@#$%^&*~?+=\-]{8,}\Z"
)
_NUMBER_OF_CODE = re.compile(r"0[xX][0-9A-Fa-f_']+[uUlL]*\Z")
_CALL_OR_INDEX = re.compile(r"[\w\])][(\[]")


@lru_cache(maxsize=4096)
def is_secret(value: str, level: Level) -> bool:
    """Return whether a quoted value of a name of this level is a secret."""
    if "\n" in value or "\r" in value or "\t" in value:
        value = "".join(value.split())
    if (
        len(value) < (_SHORTEST_RANDOM if level is Level.MAYBE else _SHORTEST)
        or "://" in value
        or _FILLER.search(value)
        or _EXPRESSION.search(value)
    ):
        return False
    rest = _without_placeholders(value)
    if rest != value and (sum(map(str.isalnum, rest)) < _SHORTEST or randomness(rest) < _RANDOM):
        return False
    if len(set(value)) <= 2 or (_NAME_OF_VARIABLE.match(value) and level_of(value) is not None):
        return False
    if level is Level.MAYBE:
        return _is_drawn(_SCHEME.sub("", value, count=1))
    if " " in value:
        return randomness(value) > _SURELY_RANDOM and _is_drawn(max(value.split(), key=len))
    if _NUMBER_OR_DATE.match(value):
        return value.isdigit() and len(value) >= 8
    has_digit = any(map(str.isdigit, value))
    if randomness(value) > (_RANDOM if has_digit else _RANDOM_LETTERS):
        return True
    return not _is_words(value, level is Level.PASSWORD)


@lru_cache(maxsize=4096)
def is_secret_in_code(value: str, level: Level) -> bool:
    """Return whether a value without quotes is a secret, where it may as well be an expression of code."""
    if (
        len(value) < _SHORTEST + 2
        or not may_be_bare(value)
        or _NUMBER_OF_CODE.match(value)
        or not is_secret(value, level)
    ):
        return False
    if level is Level.PASSWORD and _BY_THE_RULES.match(value) and level_of(value) is None:
        return True
    bits = randomness(value)
    if level is Level.MAYBE:
        return bits > _SURELY_RANDOM and value.isascii()
    return bits > _RANDOM_IN_CODE and not _CALL_OR_INDEX.search(value)


def may_be_bare(value: str) -> bool:
    """Return whether a value without quotes is worth a closer look: most are names and calls, and have no digits."""
    return _HAS_DIGIT_OR_SIGN.search(value) is not None or (len(value) >= _SHORTEST_RANDOM and value.isalpha())


_HAS_DIGIT_OR_SIGN = re.compile(r"[\d!@#$%^&*+=?~]")


def is_placeholder(value: str) -> bool:
    """Return whether a value is a placeholder for another one: `${PASSWORD}`, `<password>`, `...`."""
    rest = _without_placeholders(value)
    return _FILLER.search(value) is not None or (rest != value and sum(map(str.isalnum, rest)) < _SHORTEST)


def _without_placeholders(value: str) -> str:
    """Return `value` without `${NAME}`, `{name}`, `%s` and the like; what they name must be words."""
    if not any(each in value for each in "${%<[@_#"):
        return value

    def kept(match: re.Match[str]) -> str:
        name = match[match.lastindex] if match.lastindex else ""
        is_sure = match[0][1:2] in "{(" or match[0][0] in "{<"
        return "" if randomness(name or "") <= (_RANDOM_LETTERS if is_sure else 0.0) else match[0]

    return _PLACEHOLDER.sub(kept, value)


def _is_words(value: str, is_password: bool) -> bool:
    """Whether a value is made of words. With a digit or two it may still be a password, else it is not: `sha1`."""
    if not any(map(str.isalnum, value)) or _NAME_OF_VARIABLE.match(value) or value[:1] in "/~.-":
        return True
    has_digit = any(map(str.isdigit, value))
    if not has_digit and not _SIGNS.search(value):
        return True
    if not is_password and _IDENTIFIER.match(value):
        return True
    if len(_SEPARATORS.findall(value)) >= 3 or _ARGUMENT.match(value) or level_of(value) is not None:
        return True
    if _SIGNS.search(value):
        return not (is_password or has_digit)
    match = _WORDS.match(value)
    return match is not None and not (is_password and match["digits"])


def _is_drawn(value: str) -> bool:
    """Whether a value looks drawn by chance, with certainty: long, and of no words."""
    if len(value) < _SHORTEST_RANDOM or not _RANDOM_TEXT.match(value) or _UUID.match(value):
        return False
    if _NUMBER_OR_DATE.match(value) or len(set(value)) < 8:
        return False
    parts = _PART.split(value)
    words = [part for part in parts if len(part) >= 3 and part.isalpha() and randomness(part) <= _RANDOM]
    if words and (len(words) > 1 or max(map(len, parts)) < _SHORTEST_BESIDE_WORD):
        return False
    has_digit = any(map(str.isdigit, value))
    return randomness(value) > (_SURELY_RANDOM if has_digit else 2 * _SURELY_RANDOM)
