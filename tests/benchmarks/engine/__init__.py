"""What the engine costs: processor time, memory, drafts."""
