"""What the project's pages share: one self-contained HTML file each, that loads nothing and runs no script."""
