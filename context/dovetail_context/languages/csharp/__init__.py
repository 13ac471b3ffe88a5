"""C#: its queries and its rules for namespaces, signatures and cursors."""
