"""The grammars of C and C++ with the query files of this folder."""

from dovetail_context.syntax import Grammar, load_grammar

_PACKAGE = "dovetail_context.languages.cpp"


def grammar_for(path: str) -> Grammar:
    """C's grammar for `.c` files, in which `new` and `class` are names; C++'s for all others, headers included."""
    return load_grammar("tree_sitter_c", _PACKAGE) if is_c(path) else cpp_grammar()


def cpp_grammar() -> Grammar:
    """The grammar of C++, which reads almost all of C."""
    return load_grammar("tree_sitter_cpp", _PACKAGE)


def is_c(path: str) -> bool:
    """Whether a file can only be C."""
    return path.lower().endswith(".c")
