"""Charts as SVG text; the only home of matplotlib."""
