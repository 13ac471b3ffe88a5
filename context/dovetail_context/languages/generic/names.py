"""What a variable's name says of its type, in languages that declare none. Pure."""


def named_type(name: str) -> str:
    """The class that a name speaks of: `$purse_item` of a `PurseItem`."""
    return "".join(part[:1].upper() + part[1:] for part in name.lstrip("$@").split("_"))
