"""What a message asks here: the conversation so far, and the request as it stands in it."""
