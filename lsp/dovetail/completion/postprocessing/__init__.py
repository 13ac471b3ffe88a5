"""What follows the model: which part of its text the editor shows, and how it is inserted."""
