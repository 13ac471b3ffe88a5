"""Types as languages write them, in the notation of records: `?Foo`, `Foo|null`, `List<Foo>`, `Foo[]`. Pure."""

import re
from functools import lru_cache

MAX_TYPE_CHARS = 200

_QUALIFIED = re.compile(r"(?:\\?[^\W\d]\w*(?:\\|::))+(?=[^\W\d])|\\(?=\w)")
_PACKAGE = re.compile(r"\b(?:[a-z_]\w*\.)+(?=[A-Z])")
_VARIANCE = re.compile(r"\b(?:in|out|suspend|vararg|some|any|inout|const|final|late)\s+|@\w+(?:\([^()]*\))?\s*")
_ARRAY = re.compile(r"([\w.]+)\[\]")
_LISTED = re.compile(r"\A\[\s*([\w.]+)\s*\]\Z")
_FUNCTION = re.compile(r"->|=>|⇒")
# One without functions among its parameters, which may be optional as a whole; generics with commas are too much.
_PLAIN_FUNCTION = re.compile(
    r"\(?(?:suspend\s+)?(?:@\w+\s+)*(?:(?P<receiver>[\w.]+(?:<[^<>]*>)?\??)\.)?\((?P<taken>[^()<>]*(?:<[^<>,()]*>[^()<>]*)*)\)\s*(?:async\s+|throws\s+)*"
    r"(?:->|=>|⇒)\s*(?P<result>[^()]+?)\)?\??\Z"
)


def type_text(source: str) -> str:
    """A type in type notation; "" for what is too long or too nested to be of use."""
    source = " ".join(source.strip().removeprefix(":").split())
    return _in_notation(source) if len(source) <= MAX_TYPE_CHARS else ""


@lru_cache(maxsize=1024)  # a project has few types and writes each of them often
def _in_notation(source: str) -> str:
    if _FUNCTION.search(source):
        return _function(source)
    source = _VARIANCE.sub("", _PACKAGE.sub("", _QUALIFIED.sub("", source)))
    source = source.removeprefix("?").replace("?", "").replace("!", "").replace("&", "|").lstrip("*")
    source = _ARRAY.sub(r"Array[\1]", source)
    source = _LISTED.sub(r"Array[\1]", source)
    return source.replace("<", "[").replace(">", "]").strip()


def _function(source: str) -> str:
    """`(Account, at: Long) -> Unit` is `Callable[[Account, Long], Unit]`, and `Account.() -> Unit` is
    `Callable[[self[Account]], Unit]`."""
    found = _PLAIN_FUNCTION.match(source)
    if found is None:
        return ""
    taken = [type_text(each.rpartition(":")[2]) or "_" for each in found["taken"].split(",") if each.strip()]
    if found["receiver"]:
        taken.insert(0, f"self[{type_text(found['receiver'])}]")
    return f"Callable[[{', '.join(taken)}], {type_text(found['result']) or '_'}]"
