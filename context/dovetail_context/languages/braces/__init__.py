"""What languages with braces share: their text read by characters, their cursors, half-typed statements."""
