"""From a request to an answer: scope, candidates, choice, words."""
