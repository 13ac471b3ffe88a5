"""What the user may know of how Dovetail serves them: counted, kept and drawn on their own machine."""
