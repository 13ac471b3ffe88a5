"""What the commands print: lines, tables and progress bars."""
