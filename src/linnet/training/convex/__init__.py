"""The deterministic solvers of the linear rungs: second moments, curvature, quasi-Newton steps, closed forms."""
