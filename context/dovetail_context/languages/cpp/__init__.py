"""C and C++: symbols, includes and the surroundings of a cursor. They are one language, as they share their headers."""
