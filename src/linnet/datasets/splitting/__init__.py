"""Which pictures are the same, and which split each one belongs to."""
