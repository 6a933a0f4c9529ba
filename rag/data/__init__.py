"""The glossary, and what was fitted or trained for this project."""
