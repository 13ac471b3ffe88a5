"""From a parsed Python file to its `FileRecord`: definitions and imports."""

import re
from collections.abc import Callable
from functools import partial
from hashlib import blake2b
from typing import ClassVar

from dovetail_context.languages.nesting import Event, Frame, Frames, in_text_order
from dovetail_context.languages.python.bindings import entered, loop
from dovetail_context.languages.python.exports import mark_exported
from dovetail_context.languages.python.expressions import MAX_ACCESS_CHARS, access_path, type_text, unpacked_paths
from dovetail_context.languages.python.grammar import grammar
from dovetail_context.languages.python.imports import read_import, recover_imports
from dovetail_context.languages.python.literals import keys_of, namespace
from dovetail_context.languages.python.settings import said_by_setup
from dovetail_context.languages.python.signatures import (
    assignment_text,
    base_names,
    default_paths,
    doc_line,
    head_text,
    one_line,
    parameters,
    type_parameters,
)
from dovetail_context.records.access import alternatives, base_name, put_in
from dovetail_context.records.record import SHAPE, FileRecord, Import, Symbol, SymbolKind
from dovetail_context.syntax import Match, Node, SyntaxTree

# The captures that name the patterns of symbols.scm, in its order.
PATTERNS = (
    "class",
    "function",
    "decorator",
    "variable",
    "variables",
    "field",
    "unpacked",
    "entered",
    "looped",
    "augmented",
    "alias",
    "return",
    "yield",
    "loop",
    "with",
    "import",
    "import",
    "error",
)
_SELF = ("self", "cls")
_NEW_TYPE = re.compile(r"(?:\w+\.)?NewType\(\s*[\"']\w+[\"']\s*,\s*(.+?)\s*,?\s*\)\Z", re.DOTALL)
_FIXTURE_NAME = re.compile(r"@(?:\w+\.)*fixture\(.*?\bname\s*=\s*[\"'](\w+)[\"']")
Binder = Callable[[SyntaxTree, Match, dict[str, str]], None]
_WORD = re.compile(r"[A-Za-z_]\w*")
_QUOTED_NAME = re.compile(r"""["']([A-Za-z_]\w*)["']""")
_BOUND = re.compile(r"(?:\w+\.)?(?:TypeVar|ParamSpec)\(.*?bound\s*=\s*([\"']?[\w.\[\]| ]+)", re.DOTALL)


def extract(path: str, text: str) -> FileRecord:
    """Read a Python file; broken parts are passed over and noted in `problems`."""
    tree = grammar().parse(text)
    reader = _Reader(tree)
    for event in in_text_order(grammar().matches(tree.root, "symbols.scm"), PATTERNS):
        reader.visit(event)
    reader.close()
    imports = reader.imports
    problems: tuple[str, ...] = ()
    if tree.is_broken:
        imports += recover_imports(text, {imported.line for imported in imports})
        imports.sort(key=lambda imported: imported.line)
        problems = (f"line {reader.error_line}: does not parse",)
    exports = None if reader.exports is None else tuple(dict.fromkeys(reader.exports))
    return FileRecord(
        path=path,
        language="python",
        digest=blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest(),
        text=text,
        symbols=mark_exported(reader.symbols, exports),
        imports=tuple(imports),
        exports=exports,
        problems=problems,
        packages=said_by_setup(path, text),
    )


class _Reader:
    """Visits the events of a file in text order and collects what they define."""

    def __init__(self, tree: SyntaxTree) -> None:
        self.symbols: list[Symbol] = []
        self.imports: list[Import] = []
        self.exports: list[str] | None = None
        self.error_line = 1
        self._tree = tree
        self._frames = Frames()
        self._decorators: list[Node] = []
        self._fields: set[tuple[str, str]] = set()

    def visit(self, event: Event) -> None:
        self._frames.close_before(event.node.start_byte)
        self._VISITORS[event.kind](self, event)

    def close(self) -> None:
        """Close the scopes that reach to the end of the file: what they bind is read by methods of this reader."""
        self._frames.close_before(self._tree.root.end_byte)

    def _on_decorator(self, event: Event) -> None:
        self._decorators.append(event.node)

    def _on_class(self, event: Event) -> None:
        name, body = self._tree.text(event.captures["name"][0]), event.captures["body"][0]
        bases = event.one("bases")
        found = tuple(base_names(self._tree, bases)) if bases is not None else ()
        generic = tuple(type_parameters(self._tree, event.node, bases))
        self._add_definition(event, Symbol(name, "class", "", 0, 0, "", bases=found, type_parameters=generic))
        self._frames.enter(Frame(body.end_byte, True, name))

    def _on_function(self, event: Event) -> None:
        name, frame = self._tree.text(event.captures["name"][0]), Frame(event.node.end_byte, False, "")
        if (type_ := self._declared_type(event)) and self._frames.functions:
            frame.returned = f"<{type_}>"
        if self._frames.functions:  # a function inside a function: others can name it only if it is returned
            self._decorators.clear()
            outer = self._frames.innermost
            if outer is not None and not outer.is_class:
                outer.bindings[name] = partial(_function_of, frame)
        else:
            named = tuple(parameters(self._tree, event.captures["parameters"][0]))
            kind: SymbolKind = "method" if self._frames.container else "function"
            frame.position = len(self.symbols)
            symbol = Symbol(name, kind, "", 0, 0, "", type=type_, parameters=named)
            passed = "@fixture" if any("fixture" in self._tree.text(each) for each in self._decorators) else ""
            self._add_definition(event, symbol)
            frame.bindings.update(
                (each, f"<{declared}>" if declared else f"{each}{passed}" if passed else "")
                for each, declared in named
                if each not in _SELF
            )
            defaults = default_paths(self._tree, event.captures["parameters"][0])
            frame.bindings.update((each, path) for each, path in defaults if not path.startswith("<"))
        self._frames.enter(frame)

    def _on_variable(self, event: Event) -> None:
        name, frame = self._tree.text(event.captures["name"][0]), self._frames.innermost
        if self._frames.functions:
            if frame is not None and not frame.is_class:
                frame.bindings[name] = partial(self._local, event, name, frame.bindings.get(name, ""))
            return
        value, type_ = event.one("value"), self._declared_type(event)
        if name == "__all__" and frame is None:
            self._export(value)
            return
        if value is not None and value.type == "call" and (bound := _BOUND.match(self._tree.text(value))):
            type_ = type_text(bound[1])
        if frame is None and not type_ and (alias := self._alias(name, value)):
            self._add(event.node, name, "type", assignment_text(self._tree, event.node), type_=alias)
            return
        path = "" if type_ else access_path(self._tree, value)
        text = assignment_text(self._tree, event.node)
        self._add(event.node, name, "field" if frame else "variable", text, type_=type_, value=path)

    def _local(self, event: Event, name: str, earlier: str | Callable[[], str]) -> str:
        """Return the value of a local variable; `x = x.strip()` refers to the `earlier` x."""
        type_ = self._declared_type(event)
        if type_:
            return f"<{type_}>"
        path = access_path(self._tree, event.one("value"))
        if any(base_name(part) == name for part in alternatives(path)):
            path = put_in(path, name, earlier if isinstance(earlier, str) else earlier())
        return self._resolved(path)

    def _on_variables(self, event: Event) -> None:
        name, frame = self._tree.text(event.captures["each"][0]), self._frames.innermost
        if frame is not None and not frame.is_class:
            frame.bindings[name] = ""
        elif not self._frames.functions:
            kind: SymbolKind = "field" if frame else "variable"
            self._add(event.node, name, kind, assignment_text(self._tree, event.node))

    def _on_field(self, event: Event) -> None:
        """`self.name = ...` in a method. The first one counts, and a declaration in the class before it."""
        name = self._new_field(event.captures["receiver"][0], event.captures["name"][0])
        if not name:
            return
        type_ = self._declared_type(event)
        path = "" if type_ else self._resolved(access_path(self._tree, event.one("value")))
        if path.startswith("<") and path.endswith(">") and path.count("<") == 1:
            type_, path = path[1:-1], ""
        signature = f"{name}: {type_}" if type_ else assignment_text(self._tree, event.node)
        self._add(event.node, name, "field", signature, type_=type_, value=path)

    def _on_unpacked(self, event: Event) -> None:
        """Fields among several targets, or as the target of a `with` or a loop."""
        value = event.one("value")
        for target, path in unpacked_paths(self._tree, event.captures["targets"][0], value):
            receiver, attribute = target.child_by_field_name("object"), target.child_by_field_name("attribute")
            if receiver is None or attribute is None or not (name := self._new_field(receiver, attribute)):
                continue
            text = f"self.{name} = ..."
            if event.kind == "unpacked":
                text = assignment_text(self._tree, event.node)
            elif path:
                path += ".__enter__()"
            self._add(event.node, name, "field", text, value=self._resolved(path))

    def _new_field(self, receiver: Node, attribute: Node) -> str:
        """The name of a field that an assignment in a method makes; "" if it makes none, or one that is known."""
        container, name = self._frames.container, self._tree.text(attribute)
        if not container or not self._frames.functions or (container, name) in self._fields:
            return ""
        return name if self._tree.text(receiver) in _SELF else ""

    def _on_augmented(self, event: Event) -> None:
        if self._frames.innermost is None and self._tree.text(event.captures["name"][0]) == "__all__":
            self._export(event.captures["value"][0])

    def _on_alias(self, event: Event) -> None:
        if not self._frames.functions:
            name, _, listed = self._tree.text(event.captures["name"][0]).partition("[")
            generic = tuple((each, "") for each in _WORD.findall(re.sub(r":[^,\]]*", "", listed)))
            value = type_text(self._tree.text(event.captures["value"][-1]))
            text = assignment_text(self._tree, event.node)
            self._add(event.node, name.strip(), "type", text, type_=value, generic=generic)

    def _on_return(self, event: Event) -> None:
        """Return what a function without declared type returns: the value of the first informative return statement."""
        frame = self._frames.innermost
        if frame is None or frame.is_class:
            return
        value = event.captures["value"][0]
        if frame.position is None:
            frame.returned = frame.returned or self._resolved(access_path(self._tree, value))
            return
        symbol = self.symbols[frame.position]
        if symbol.type or symbol.value:
            return
        fields, path = namespace(self._tree, value), access_path(self._tree, value)
        if fields:
            path = SHAPE
            for name, given in fields:
                text = one_line(self._tree.text(given))
                self.symbols.append(
                    Symbol(
                        name,
                        "field",
                        symbol.qualified,
                        given.start_point[0] + 1,
                        given.end_point[0] + 1,
                        text,
                        value=self._resolved(access_path(self._tree, given.child_by_field_name("value"))),
                    )
                )
        elif keys := keys_of(self._tree, value):
            symbol = symbol._replace(signature=f"{symbol.signature} -> {keys}")
        self.symbols[frame.position] = symbol._replace(value=path if fields else self._resolved(path))

    def _on_yield(self, event: Event) -> None:
        """A function without declared type that yields is a generator of that value."""
        frame = self._frames.innermost
        if frame is None or frame.is_class or frame.position is None:
            return
        symbol = self.symbols[frame.position]
        if symbol.type or "*Generator" in symbol.value or not event.node.named_child_count:
            return
        path = self._resolved(access_path(self._tree, event.node.named_child(0)))
        if any(child.type == "from" for child in event.node.children):
            value = path
        else:
            value = "|".join(f"{part}*Generator" for part in alternatives(path))
        if value:
            self.symbols[frame.position] = symbol._replace(value=value)

    def _on_loop(self, event: Event) -> None:
        self._bind_locals(event, event.captures["names"][0], loop)

    def _on_with(self, event: Event) -> None:
        self._bind_locals(event, event.captures["name"][0], entered)

    def _bind_locals(self, event: Event, target: Node, bind: Binder) -> None:
        """Name the local values that a statement binds; what they are is read if somebody asks."""
        frame = self._frames.innermost
        if frame is not None and not frame.is_class:
            names = _WORD.findall(self._tree.text(target))
            frame.bindings.update((name, partial(self._bound, event, name, bind)) for name in names)

    def _bound(self, event: Event, name: str, bind: Binder) -> str:
        found: dict[str, str] = {}
        bind(self._tree, event.captures, found)
        return self._resolved(found.get(name, ""))

    def _on_import(self, event: Event) -> None:
        self.imports.extend(read_import(self._tree, event.node))

    def _on_error(self, event: Event) -> None:
        if self.error_line == 1:
            self.error_line = event.node.start_point[0] + 1

    def _add_definition(self, event: Event, symbol: Symbol) -> None:
        """Add a class or function with its decorators, place and text."""
        decorators, self._decorators = self._decorators, []
        if self._frames.functions:
            return
        texts = [one_line(self._tree.text(node)) for node in decorators]
        kind = symbol.kind
        if kind == "method" and any("property" in text for text in texts):
            kind = "property"
        body = event.captures["body"][0]
        self.symbols.append(
            Symbol(
                symbol.name,
                kind,
                self._frames.container,
                (decorators[0] if decorators else event.node).start_point[0] + 1,
                event.node.end_point[0] + 1,
                "\n".join([*texts, head_text(self._tree, event.node)]),
                doc_line(self._tree, body),
                type=symbol.type,
                bases=symbol.bases,
                parameters=symbol.parameters,
                type_parameters=symbol.type_parameters,
            )
        )
        if texts and (named := _FIXTURE_NAME.match(texts[0])):
            self.symbols.append(self.symbols[-1]._replace(name=named[1]))

    def _add(
        self,
        node: Node,
        name: str,
        kind: SymbolKind,
        text: str,
        type_: str = "",
        value: str = "",
        generic: tuple[tuple[str, str], ...] = (),
    ) -> None:
        container = self._frames.container
        if kind == "field":
            self._fields.add((container, name))
        start, end = node.start_point[0] + 1, node.end_point[0] + 1
        self.symbols.append(
            Symbol(name, kind, container, start, end, text, type=type_, value=value, type_parameters=generic)
        )

    def _declared_type(self, event: Event) -> str:
        declared = event.one("type")
        return type_text(self._tree.text(declared)) if declared is not None else ""

    def _alias(self, name: str, value: Node | None) -> str:
        """The type that `Name = Union[A, B]` or `Name = A | B` gives a name to; "" for other assignments."""
        if value is not None and value.type == "call" and (made := _NEW_TYPE.match(self._tree.text(value))):
            return type_text(made[1])
        if value is None or not name[:1].isupper() or value.type not in ("subscript", "binary_operator"):
            return ""
        return type_text(self._tree.text(value))

    def _export(self, value: Node | None) -> None:
        self.exports = (self.exports or []) + (
            _QUOTED_NAME.findall(self._tree.text(value)) if value is not None else []
        )

    def _resolved(self, path: str) -> str:
        """Replace local names at the start of the path with their values; return "" if those are unknown."""
        for part in alternatives(path):
            name = base_name(part)
            bound = self._frames.binding(name) if name else None
            if bound is not None:
                path = put_in(path, name, bound)
        return path if len(path) <= MAX_ACCESS_CHARS else ""

    # Not in `__init__`: a reader that held its own methods would wait for the search for cycles to be freed.
    _VISITORS: ClassVar[dict[str, Callable[["_Reader", Event], None]]] = {
        "class": _on_class,
        "function": _on_function,
        "decorator": _on_decorator,
        "variable": _on_variable,
        "variables": _on_variables,
        "field": _on_field,
        "unpacked": _on_unpacked,
        "entered": _on_unpacked,
        "looped": _on_unpacked,
        "augmented": _on_augmented,
        "alias": _on_alias,
        "return": _on_return,
        "yield": _on_yield,
        "loop": _on_loop,
        "with": _on_with,
        "import": _on_import,
        "error": _on_error,
    }


def _function_of(frame: Frame) -> str:
    """The value of a function that is no symbol: what it returns is known by now."""
    return f"{frame.returned}*Callable" if frame.returned and "|" not in frame.returned else ""
