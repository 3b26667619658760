"""Each file: the shortest honest program that a reader of that library's documentation would write."""
