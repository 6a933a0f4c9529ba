"""The usual ways on the same questions, reports and embedder, beside ours."""
