"""How rungs learn: what textbooks derive by hand, the convex solvers, and what both stand on."""
