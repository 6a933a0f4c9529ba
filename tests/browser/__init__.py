"""A package, so that Chromium stops when its tests have run: async tests cannot share its event loop."""
