"""What training makes small: one loss per file, found by the file's name; penalties on weights are the recipe's."""
