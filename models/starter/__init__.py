"""How the starter model is made: DeepSeek-Coder's recipe in miniature. A recipe, not product code; nothing here is in
the wheel."""
