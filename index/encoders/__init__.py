"""The engines behind the encoder seam."""
