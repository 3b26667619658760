"""How good the answers are: questions with known answers, figures with intervals, and a report."""
