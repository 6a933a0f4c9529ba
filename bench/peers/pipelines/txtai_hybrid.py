"""txtai's hybrid index (dense and BM25, half and half) over passages."""

import job
from txtai import Embeddings

given = job.read()
chunks = [
    {"name": text["name"], "text": passage.strip()}
    for text in given["texts"]
    for passage in text["text"].split("\n\n")  # as its Segmentation pipeline parts paragraphs
    if passage.strip()
]
index = Embeddings(path=given["model"], hybrid=True)
index.index((number, chunk["text"], None) for number, chunk in enumerate(chunks))
ranked = {
    question["id"]: [int(number) for number, _ in index.search(question["text"], given["depth"])]
    for question in given["questions"]
}
job.write({"txtai hybrid": (chunks, ranked)})
