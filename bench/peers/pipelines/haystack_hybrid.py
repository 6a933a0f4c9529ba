"""Haystack's tutorial on hybrid retrieval without its reranker, which would be a model the others have not.

Once with the tutorial's splitter (512 words, 32 in common), which takes what stands between blanks for a word and so
makes long chunks of Chinese, and once by passage, as fits a text with blank lines between paragraphs.
"""

import job
from haystack import Document, Pipeline
from haystack.components.joiners import DocumentJoiner
from haystack.components.preprocessors import DocumentSplitter
from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder,
    SentenceTransformersTextEmbedder,
)

SPLITTERS = {
    "512 words": DocumentSplitter(split_by="word", split_length=512, split_overlap=32),
    "by passage": DocumentSplitter(split_by="passage", split_length=1),
}


def asked(splitter):
    """The chunks of a splitter, and the rankings of BM25 alone and of both retrievers fused by reciprocal rank."""
    texts = [Document(content=text["text"], meta={"name": text["name"]}) for text in given["texts"]]
    splits = [split for split in splitter.run(texts)["documents"] if split.content.strip()]
    for number, split in enumerate(splits):
        split.meta["number"] = number
    store = InMemoryDocumentStore()
    store.write_documents(
        SentenceTransformersDocumentEmbedder(model=given["model"], progress_bar=False).run(splits)["documents"]
    )
    pipeline = Pipeline()
    pipeline.add_component("embedder", SentenceTransformersTextEmbedder(model=given["model"], progress_bar=False))
    pipeline.add_component("dense", InMemoryEmbeddingRetriever(store, top_k=given["depth"]))
    pipeline.add_component("bm25", InMemoryBM25Retriever(store, top_k=given["depth"]))
    pipeline.add_component("joiner", DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=given["depth"]))
    pipeline.connect("embedder.embedding", "dense.query_embedding")
    pipeline.connect("bm25", "joiner")
    pipeline.connect("dense", "joiner")
    lexical, hybrid = {}, {}
    for question in given["questions"]:
        text = question["text"]
        found = pipeline.run({"embedder": {"text": text}, "bm25": {"query": text}}, include_outputs_from={"bm25"})
        lexical[question["id"]] = [hit.meta["number"] for hit in found["bm25"]["documents"]]
        hybrid[question["id"]] = [hit.meta["number"] for hit in found["joiner"]["documents"]]
    return [{"name": split.meta["name"], "text": split.content} for split in splits], lexical, hybrid


given = job.read()
systems = {}
for how, splitter in SPLITTERS.items():
    chunks, lexical, hybrid = asked(splitter)
    systems[f"Haystack BM25, {how}"] = (chunks, lexical)
    systems[f"Haystack hybrid, {how}"] = (chunks, hybrid)
job.write(systems)
