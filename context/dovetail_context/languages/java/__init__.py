"""Java: its queries and its rules for imports, signatures and cursors."""
