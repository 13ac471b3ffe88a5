"""C#'s grammar with the query files of this folder."""

from dovetail_context.syntax import Grammar, load_grammar


def grammar() -> Grammar:
    """The grammar, loaded once."""
    return load_grammar("tree_sitter_c_sharp", "dovetail_context.languages.csharp")
