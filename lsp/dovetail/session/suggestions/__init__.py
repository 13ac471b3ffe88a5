"""What becomes of a suggestion: shown, typed along, accepted in part or in full."""
