"""Reports of a reader's own: looked at, added and removed, each file read in a process held to limits."""
