"""C and C++: their symbols, their includes and what stands at a cursor. One language, as they share their headers."""
