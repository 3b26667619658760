"""Hits -> cited answers, and the faces that show them."""
