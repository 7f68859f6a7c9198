"""What named sets share: where they are looked for, how they are fetched, and the formats they come in."""
