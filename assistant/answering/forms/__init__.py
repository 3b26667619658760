"""The forms of answers, one module for each kind of request."""
