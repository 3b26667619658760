"""Texts -> vectors -> hits. Knows nothing of answers."""
