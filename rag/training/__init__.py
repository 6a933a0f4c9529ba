"""Train the Chinese rows of the built-in embedder from pairs of texts, and pack them for shipping."""
