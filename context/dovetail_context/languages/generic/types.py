"""Types as languages write them, in the notation of records: `?Foo`, `Foo|null`, `List<Foo>`, `Foo[]`. Pure."""

import re

MAX_TYPE_CHARS = 200

_QUALIFIED = re.compile(r"(?:\\?[^\W\d]\w*(?:\\|::))+(?=[^\W\d])|\\(?=\w)")
_PACKAGE = re.compile(r"\b(?:[a-z_]\w*\.)+(?=[A-Z])")
_VARIANCE = re.compile(r"\b(?:in|out|suspend|vararg|some|any|inout|const|final|late)\s+|@\w+(?:\([^()]*\))?\s*")
_ARRAY = re.compile(r"([\w.]+)\[\]")
_LISTED = re.compile(r"\A\[\s*([\w.]+)\s*\]\Z")
_FUNCTION = re.compile(r"->|=>|⇒")
_SPACE = re.compile(r"\s+")


def type_text(source: str) -> str:
    """A type in type notation; "" for function types and for what is too long to be of use."""
    source = _SPACE.sub(" ", source.strip().removeprefix(":").strip())
    if _FUNCTION.search(source) or len(source) > MAX_TYPE_CHARS:
        return ""
    source = _VARIANCE.sub("", _PACKAGE.sub("", _QUALIFIED.sub("", source)))
    source = source.removeprefix("?").replace("?", "").replace("!", "").replace("&", "|").lstrip("*")
    source = _ARRAY.sub(r"Array[\1]", source)
    source = _LISTED.sub(r"Array[\1]", source)
    return source.replace("<", "[").replace(">", "]").strip()
