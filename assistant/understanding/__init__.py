"""What a message says: what its writer wants to be told, what they say of themselves, what they name."""
