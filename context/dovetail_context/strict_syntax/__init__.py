"""Syntax that a grammar accepts and the language's own parser rejects: statements outside of functions, reserved words
as names, a comment for documentation that documents nothing.

The grammars are lenient, because they also serve half-typed text. Each language's rules look at one node and what holds
it.
"""
