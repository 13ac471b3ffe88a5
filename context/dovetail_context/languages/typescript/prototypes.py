"""What statements add to the definitions of a file: prototypes, inheritance, `Name.member = value`."""

from dovetail_context.languages.typescript.collected import FUNCTIONS, MAX_DEPTH, as_class
from dovetail_context.languages.typescript.definitions import Definitions
from dovetail_context.languages.typescript.expressions import access_path
from dovetail_context.languages.typescript.signatures import value_text
from dovetail_context.records.record import SHAPE
from dovetail_context.syntax import Node, SyntaxTree


class AssignedDefinitions(Definitions):
    """The definitions of a file with what its statements add to them."""

    def add_results(self, name: str, function: Node) -> None:
        """Add the members that a function gives to the object that it returns: `const api = {}; api.name = ...`."""
        position = self._members.positions.get(name, -1)
        symbol = self._members.symbols[position] if position >= 0 else None
        body = function.child_by_field_name("body")
        if symbol is None or symbol.type or symbol.value or body is None or not body.named_child_count:
            return
        last = body.named_children[-1]
        returned = last.named_child(0) if last.type == "return_statement" and last.named_child_count else None
        if returned is None or returned.type != "identifier":
            return
        for statement in body.named_children:
            inner = statement.named_child(0) if statement.type == "expression_statement" else None
            target = inner.child_by_field_name("left") if inner is not None else None
            value = inner.child_by_field_name("right") if inner is not None else None
            if target is None or value is None or target.type != "member_expression":
                continue
            owner, _, member = self._tree.text(target).rpartition(".")
            if owner == self._tree.text(returned) and member.isidentifier():
                self._members.symbols[position] = symbol._replace(value=SHAPE)
                self.add_value(member, value, statement, None, name, member)

    def add_prototype(self, owner: str, name: str, value: Node, outer: Node, comment: Node | None) -> None:
        """Add a member that a constructor function gets through its prototype."""
        position = self._members.positions.get(owner, -1)
        symbol = self._members.symbols[position] if position >= 0 else None
        if symbol is None or symbol.kind not in ("function", "class"):
            return
        if symbol.kind == "function":
            self._members.make_class(owner, self._members.functions.get(owner))
        if value.type in FUNCTIONS:
            self._members.add_function_value(name, value, owner, outer, comment, f"{name} =")
        else:
            signature = value_text(self._tree, name, None, value)
            self._members.add(name, "field", owner, outer, signature, comment, value=access_path(self._tree, value))

    def add_base(self, owner: str, base: str) -> None:
        """Let a constructor function inherit."""
        position = self._members.positions.get(owner, -1)
        symbol = self._members.symbols[position] if position >= 0 else None
        if symbol is not None and symbol.kind in ("function", "class") and base:
            self._members.symbols[position] = as_class(symbol)._replace(bases=(*symbol.bases, base))

    def add_assigned(self, owner: str, name: str, value: Node, outer: Node, comment: Node | None) -> None:
        """Add what `owner.name = value` adds to something that the file defines, also through `a.b.name = value`."""
        position = self._members.positions.get(owner, -1)
        if position < 0 or f"{owner}.{name}" in self._members.positions or owner.count(".") >= MAX_DEPTH:
            return
        symbol = self._members.symbols[position]
        if symbol.kind == "variable" and not symbol.type:
            self._members.symbols[position] = symbol._replace(value=SHAPE)
        elif symbol.kind != "class":
            return
        self.add_value(name, value, outer, comment, owner, f"static {name}" if symbol.kind == "class" else name)

    def add_prototype_members(self, owner: str, body: Node) -> None:
        """Add the members of an object that becomes the prototype of a constructor function."""
        for child in body.named_children:
            name, value = child.child_by_field_name("key"), child.child_by_field_name("value")
            if child.type == "pair" and name is not None and value is not None:
                self.add_prototype(owner, self._tree.text(name).strip("\"'"), value, child, None)
            elif child.type == "method_definition" and (name := child.child_by_field_name("name")) is not None:
                self.add_prototype(owner, self._tree.text(name), child, child, None)


def prototype_of(tree: SyntaxTree, value: Node) -> str:
    """The class of `Object.create(Name.prototype)` and of `new Name()`, "" for other values."""
    if value.type == "new_expression":
        return access_path(tree, value.child_by_field_name("constructor"))
    path = access_path(tree, value)
    return path.removesuffix(".prototype") if path.endswith(".prototype") else ""


def described_value(descriptor: Node, tree: SyntaxTree) -> Node | None:
    """The value of a property that a descriptor describes: its `value`, or what its getter returns."""
    for child in descriptor.named_children if descriptor.type == "object" else ():
        key = child.child_by_field_name("key") or child.child_by_field_name("name")
        name = tree.text(key) if key is not None else ""
        if name == "value":
            return child.child_by_field_name("value")
        if name == "get":
            function = child.child_by_field_name("value") or child
            body = function.child_by_field_name("body")
            if body is not None and body.type == "statement_block":
                last = body.named_children[-1] if body.named_child_count else None
                return last.named_child(0) if last is not None and last.type == "return_statement" else None
            return body
    return None
