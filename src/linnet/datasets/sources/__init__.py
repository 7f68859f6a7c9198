"""Labelled files wherever they lie: folders, archives, tables of paths; nothing is decoded here."""
