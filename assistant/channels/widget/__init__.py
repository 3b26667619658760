"""The chat widget and the page at `/`: files for a browser, and where to find them."""
