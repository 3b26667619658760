"""The faces of the assistant."""
