"""The pack: every picture of a source decoded once into one memory-mapped tensor."""
