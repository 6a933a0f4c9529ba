"""A question to the paragraphs that answer it, and to an answer made of their words."""
