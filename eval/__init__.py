"""The offline evaluation: questions in, figures with intervals out. Run it as `python -m eval`."""
