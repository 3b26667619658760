"""The engines behind the seam of `assistant/generate.py`."""
