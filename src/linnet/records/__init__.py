"""Plain data and the files it lives in: JSON, TOML and CSV, never torch."""
