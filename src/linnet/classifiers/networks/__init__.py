"""The networks themselves, as plain modules that know nothing of data, training or the contract; no rung is here."""
