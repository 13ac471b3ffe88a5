"""From a parsed TypeScript file to its `FileRecord`: definitions and imports."""

import re
from hashlib import blake2b

from dovetail_context.languages.typescript.bundler import read_aliases
from dovetail_context.languages.typescript.expressions import access_path, string_value
from dovetail_context.languages.typescript.grammar import parse
from dovetail_context.languages.typescript.jsdoc import MAX_COMMENT_CHARS, read_comment_imports, typedefs
from dovetail_context.languages.typescript.modules import (
    own_module,
    read_export,
    read_import,
    recover_imports,
    required,
    required_inside,
    required_module,
)
from dovetail_context.languages.typescript.prototypes import AssignedDefinitions, described_value, prototype_of
from dovetail_context.languages.typescript.resolve import DECLARES, GLOBAL, SCRIPT
from dovetail_context.languages.typescript.signatures import pattern_paths
from dovetail_context.records.record import FileRecord, Import, Symbol
from dovetail_context.syntax import Node, SyntaxTree

_GLOBALS = frozenset({"window", "globalThis", "self", "global"})
MAX_DEPTH = 40  # blocks inside blocks, most of them in code that does not parse
_GLOBAL = re.compile(r"\n[ \t]*declare\s+global\b")  # behind a line end, for which Python searches fast
_DECLARATIONS = (".d.ts", ".d.mts", ".d.cts")
_PLAIN = (".js", ".ts", ".jsx", ".tsx")


def extract(path: str, text: str) -> FileRecord:
    """Read a TypeScript or JavaScript file; broken parts are passed over and noted in `problems`."""
    tree = parse(path, text)
    reader = _Reader(tree, path)
    reader.statements(tree.root)
    imports = reader.imports
    problems: tuple[str, ...] = ()
    if tree.is_broken:
        imports += recover_imports(text, {imported.line for imported in imports}, own_module(path))
        imports.sort(key=lambda imported: imported.line)
        problems = (f"line {_error_line(tree.root)}: does not parse",)
    imports += required_inside(text, {imported.line for imported in imports})
    imports += read_comment_imports(text, frozenset(imported.alias for imported in imports))
    exports = frozenset(reader.exports)
    facts = list(reader.facts)
    if _GLOBAL.search("\n" + text) or (path.endswith(_DECLARATIONS) and not exports and not imports and not facts):
        facts.append(GLOBAL)
    elif path.endswith(_PLAIN) and not exports and not imports:
        facts.append(SCRIPT)
    return FileRecord(
        path=path,
        language="typescript",
        digest=blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest(),
        text=text,
        symbols=tuple(_mark_exported(symbol, exports) for symbol in reader.definitions.symbols),
        imports=tuple(imports),
        exports=tuple(dict.fromkeys(reader.exports)),
        problems=problems,
        packages=(*read_aliases(path, text), *dict.fromkeys(facts)),
    )


class _Reader:
    """Visits the statements of a file's top level and of what is nested in its namespaces."""

    def __init__(self, tree: SyntaxTree, path: str) -> None:
        self.definitions = AssignedDefinitions(tree)
        self.imports: list[Import] = []
        self.exports: list[str] = []
        self._tree = tree
        self.facts: list[str] = []
        self._own = own_module(path)
        self._depth = 0
        self._globals = _GLOBALS
        self._prototypes: dict[str, str] = {}  # owners by the names that their prototypes were given

    def statements(self, block: Node, container: str = "", exported: bool = False) -> None:
        """Read the statements of a block; the comment before a definition is its documentation."""
        if self._depth >= MAX_DEPTH:
            return
        self._depth += 1
        comment: Node | None = None
        for child in block.named_children:
            if child.type == "comment":
                comment = child
                if not container:
                    self._typedefs(child)
                continue
            self._statement(child, container, child, comment, exported)
            comment = None
        self._depth -= 1

    def _typedefs(self, comment: Node) -> None:
        text = self._tree.text(comment)
        if ("@typedef" in text or "@callback" in text) and len(text) <= MAX_COMMENT_CHARS:
            for defined in typedefs(text):
                self.definitions.add_typedef(defined, comment)
                self.exports.append(defined.name)

    def _statement(self, node: Node, container: str, outer: Node, comment: Node | None, exported: bool) -> None:
        """`outer` is the whole statement, of which `node` may be only the declaration behind `export`."""
        kind = node.type
        if kind == "import_statement":
            self.imports.extend(read_import(self._tree, node))
        elif kind == "export_statement":
            self._export(node, container, comment)
        elif kind == "ambient_declaration":
            for child in node.named_children:
                self._statement(child, container, outer, comment, exported)
        elif kind in ("lexical_declaration", "variable_declaration"):
            self._variables(node, container, outer, comment, exported)
        elif kind in ("internal_module", "module"):
            self._namespace(node, container, outer, comment, exported)
        elif kind in ("ERROR", "statement_block"):
            self.statements(node, container, exported)
        elif kind == "expression_statement":
            inner = node.named_child(0) if node.named_child_count else None
            if inner is not None and inner.type == "internal_module":
                self._namespace(inner, container, outer, comment, exported)
            elif inner is not None and inner.type == "call_expression" and not container:
                self._call(inner)
            elif inner is not None and inner.type == "assignment_expression" and not container:
                self._assignment(inner, comment)
        else:
            name = self.definitions.add(node, container, outer, comment)
            if kind == "function_declaration" and name and not container:
                self.definitions.add_results(name, node)
            if name and exported and not container:
                self.exports.append(name)

    def _export(self, node: Node, container: str, comment: Node | None) -> None:
        default = any(child.type == "default" for child in node.children)
        declaration, value = node.child_by_field_name("declaration"), node.child_by_field_name("value")
        if declaration is not None:
            before = len(self.definitions.symbols)
            self._statement(declaration, container, node, comment, exported=True)
            if default and len(self.definitions.symbols) > before:
                self._offer(self.definitions.symbols[before].name, "default", node)
        elif value is not None:
            self._offer_value(value, "default", node, comment)
        elif container:
            return
        elif any(child.type == "=" for child in node.children):  # export = Name
            named = next((child for child in node.named_children if child.type == "identifier"), None)
            if named is not None:
                self._offer(self._tree.text(named), "default", node)
        else:
            for imported in read_export(self._tree, node, self._own):
                self.exports.append(imported.alias or "*")
                if imported.module != self._own or imported.name != imported.alias:
                    self.imports.append(imported)

    def _namespace(self, node: Node, container: str, outer: Node, comment: Node | None, exported: bool) -> None:
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is None or body is None:
            return
        if name.type == "string":  # exports of another module, declared in this file
            self.facts.append(DECLARES + string_value(self._tree, name))
            self.statements(body, container, exported=True)
            return
        for part in self._tree.text(name).split("."):
            self.definitions.add_namespace(part.strip(), node, container, outer, comment)
            if exported and not container:
                self.exports.append(part.strip())
            container = f"{container}.{part.strip()}" if container else part.strip()
        self.statements(body, container)

    def _variables(self, node: Node, container: str, outer: Node, comment: Node | None, exported: bool) -> None:
        keyword = self._tree.text(node.children[0]) if node.child_count else "const"
        declarators = [child for child in node.named_children if child.type == "variable_declarator"]
        for declarator in declarators:
            place = outer if len(declarators) == 1 else declarator
            name, value = declarator.child_by_field_name("name"), declarator.child_by_field_name("value")
            if name is None or self._require(name, value):
                continue
            if name.type == "identifier" and value is not None and value.type == "member_expression":
                owner, dot, rest = self._tree.text(value).partition(".prototype")
                if dot and not rest:
                    self._prototypes[self._tree.text(name)] = owner
            if name.type == "identifier" and value is not None and value.type == "assignment_expression":
                before = len(self.definitions.symbols)
                self._assignment(value, comment)  # var Queue = exports.Queue = ...
                if any(each.name == self._tree.text(name) for each in self.definitions.symbols[before:]):
                    continue
            if name.type == "identifier":
                self.definitions.add_variable(declarator, keyword, container, place, comment)
                names = [self._tree.text(name)]
            else:
                paths = dict(pattern_paths(self._tree, name, access_path(self._tree, value)))
                for each, path in paths.items():
                    self.definitions.add_plain(each, keyword, path, container, place)
                names = list(paths)
            if exported and not container:
                self.exports.extend(names)

    def _require(self, name: Node, value: Node | None) -> bool:
        """`const x = require("m")`, `const { a, b: c } = require("m")` and the same with `await import("m")`."""
        if value is not None and value.type == "await_expression" and value.named_child_count:
            value = value.named_child(0)
        member = value.child_by_field_name("property") if value is not None else None
        if value is not None and member is not None and name.type == "identifier":  # const x = require("m").x
            module = required(self._tree, value.child_by_field_name("object"))
            if module:
                line = name.start_point[0] + 1
                self.imports.append(Import(module, self._tree.text(member), self._tree.text(name), line))
            return bool(module)
        if value is None or value.type != "call_expression":
            return False
        module = required(self._tree, value)
        if not module:
            return False
        line = name.start_point[0] + 1
        if name.type == "identifier":
            self.imports.extend(required_module(module, self._tree.text(name), line))
        else:
            for alias, path in pattern_paths(self._tree, name, "module"):
                self.imports.append(Import(module, path.removeprefix("module.").partition(".")[0], alias, line))
        return True

    def _assignment(self, node: Node, comment: Node | None) -> None:
        """`module.exports = ...` and `exports.name = ...`, the exports of CommonJS."""
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None or left.type != "member_expression":
            return
        target = self._tree.text(left)
        owner, _, name = target.rpartition(".")
        while right.type == "assignment_expression":  # a.x = b.x = value
            self._assignment(right, comment)
            right = right.child_by_field_name("right") or right.children[-1]
        if target == "module.exports":
            if right.type == "object":
                self._offer_object(right, node, comment)
            elif (module := required(self._tree, right)) and right.type == "call_expression":
                self._offer_all(module, node)
            else:
                self._offer_value(right, "default", node, comment)
        elif target.startswith(("exports.", "module.exports.")):
            name = target.rpartition(".")[2]
            if target in (f"exports.{name}", f"module.exports.{name}") and self._tree.text(right) != "void 0":
                self._offer_value(right, name, node, comment)
        elif owner in self._globals and name.isidentifier():
            self._add_global(name, right, node, comment)
        elif ".prototype" in target or owner in self._prototypes:
            if owner in self._prototypes and ".prototype" not in target:
                target = f"{self._prototypes[owner]}.prototype.{name}"
            owner, _, name = target.partition(".prototype")
            if name.startswith(".") and name[1:].isidentifier():
                self.definitions.add_prototype(owner, name[1:], right, node, comment)
            elif not name and right.type == "object":
                self.definitions.add_prototype_members(owner, right)
            elif not name and (base := prototype_of(self._tree, right)):
                self.definitions.add_base(owner, base)
        elif name.isidentifier() and owner and owner != "this":
            self.definitions.add_assigned(owner, name, right, node, comment)

    def _add_global(self, name: str, value: Node, node: Node, comment: Node | None) -> None:
        """What a script hangs on `window` is a name for all other scripts."""
        if value.type == "identifier":
            if self._tree.text(value) != name:
                self.imports.append(Import(self._own, self._tree.text(value), name, node.start_point[0] + 1))
        else:
            self.definitions.add_value(name, value, node, comment, head=f"var {name}")
        self.facts.append(GLOBAL)

    def _call(self, node: Node) -> None:
        """`Object.assign(Name.prototype, { ... })` and others that add to what the file defines or exports."""
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if function is None or arguments is None:
            return
        if function.type == "parenthesized_expression" or function.type in ("function_expression", "arrow_function"):
            self._called_at_once(function, arguments)
        if arguments.named_child_count < 2:
            return
        called, (first, second) = self._tree.text(function), arguments.named_children[:2]
        owner, dot, rest = self._tree.text(first).partition(".prototype")
        if called == "Object.assign" and dot and not rest and second.type == "object":
            self.definitions.add_prototype_members(owner, second)
        elif called == "Object.assign" and owner in ("exports", "module.exports") and not dot:
            for source in arguments.named_children[1:]:
                if module := required(self._tree, source):
                    self._offer_all(module, node)
                elif source.type == "object":
                    self._offer_object(source, node, None)
        elif called.rpartition(".")[2] == "inherits" and first.type == "identifier":
            self.definitions.add_base(owner, access_path(self._tree, second))
        elif called == "Object.defineProperty" and owner in ("exports", "module.exports") and not dot:
            name, value = string_value(self._tree, second), described_value(arguments.named_children[-1], self._tree)
            if name and name != "__esModule" and value is not None:
                self._offer_value(value, name, node, None)

    def _called_at_once(self, function: Node, arguments: Node) -> None:
        """`(function (root) { root.Name = ... })(window)`: what such a function hangs on the global object."""
        while function.type == "parenthesized_expression" and (bare := function.named_child(0)) is not None:
            function = bare
        listed, body = function.child_by_field_name("parameters"), function.child_by_field_name("body")
        if body is None or body.type != "statement_block":
            return
        names = [self._tree.text(child) for child in (listed.named_children if listed is not None else ())]
        given = [self._tree.text(child) for child in arguments.named_children]
        outer, self._globals = (
            self._globals,
            self._globals
            | {name for name, value in zip(names, given, strict=False) if value in self._globals or value == "this"},
        )
        for statement in body.named_children:
            inner: Node | None = statement.named_child(0) if statement.type == "expression_statement" else None
            if inner is not None and inner.type == "assignment_expression":
                target = inner.child_by_field_name("left")
                if target is not None and self._tree.text(target).rpartition(".")[0] in self._globals:
                    self._assignment(inner, None)
        self._globals = outer

    def _offer_object(self, value: Node, node: Node, comment: Node | None) -> None:
        for member in value.named_children:
            if member.type == "shorthand_property_identifier":
                self.exports.append(self._tree.text(member))
            elif member.type == "pair":
                key, inner = member.child_by_field_name("key"), member.child_by_field_name("value")
                if key is not None and inner is not None:
                    self._offer_value(inner, self._tree.text(key).strip("\"'"), member, None)
            elif member.type == "method_definition":
                name = self.definitions.add(member, "", member, comment)
                self.exports.extend([name] if name else [])
            elif member.type == "spread_element" and member.named_child_count:
                module = required(self._tree, member.named_child(0))
                if module:
                    self._offer_all(module, node)

    def _offer_all(self, module: str, node: Node) -> None:
        self.exports.append("*")
        self.imports.append(Import(module, "*", "", node.start_point[0] + 1))

    def _offer_value(self, value: Node, name: str, node: Node, comment: Node | None) -> None:
        """An expression that is exported under a name."""
        if value.type == "identifier":
            self._offer(self._tree.text(value), name, node)
            return
        module = required(self._tree, value)
        if module:
            self.imports.extend(required_module(module, name, node.start_point[0] + 1))
        elif value.type == "class" and value.child_by_field_name("name") is not None:
            self._offer(self.definitions.add(value, "", node, comment), name, node)
        else:
            self.definitions.add_value(name, value, node, comment)
        self.exports.append(name)

    def _offer(self, own: str, name: str, node: Node) -> None:
        self.exports.append(name)
        if own and own != name:
            self.exports.append(own)
            self.imports.append(Import(self._own, own, name, node.start_point[0] + 1))


def _mark_exported(symbol: Symbol, exports: frozenset[str]) -> Symbol:
    """Top-level names must be exported to be seen; the definitions know what of the members is hidden."""
    return symbol if symbol.container or symbol.name in exports else symbol._replace(exported=False)


def _error_line(root: Node) -> int:
    """The line of the first broken place."""
    node: Node | None = root
    while node is not None and not node.is_error and not node.is_missing:
        node = next((child for child in node.children if child.has_error or child.is_missing), None)
    return (node or root).start_point[0] + 1
