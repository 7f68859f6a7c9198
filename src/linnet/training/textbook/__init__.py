"""What textbooks derive by hand: losses with their gradients, affine maps, mini-batch descent, the two-layer net."""
