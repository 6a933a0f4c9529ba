"""LlamaIndex as it comes (SentenceSplitter 1024/20, vector index), and what its CitationQueryEngine cites from."""

import job
from llama_index.core import Document, Settings, VectorStoreIndex
from llama_index.core.llms import MockLLM
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.query_engine import CitationQueryEngine
from llama_index.core.schema import MetadataMode
from llama_index.embeddings.huggingface import HuggingFaceEmbedding

given = job.read()
Settings.embed_model = HuggingFaceEmbedding(model_name=given["model"])
Settings.llm = MockLLM()
documents = [Document(text=text["text"], doc_id=text["name"]) for text in given["texts"]]
nodes = SentenceSplitter(chunk_size=1024, chunk_overlap=20).get_nodes_from_documents(documents)
index = VectorStoreIndex(nodes)
retriever = index.as_retriever(similarity_top_k=given["depth"])
engine = CitationQueryEngine.from_args(index, similarity_top_k=given["depth"])

places = {node.node_id: n for n, node in enumerate(nodes)}
chunks = [{"name": node.ref_doc_id, "text": node.get_content(MetadataMode.NONE)} for node in nodes]
cited, cited_places = [], {}
plain, citing = {}, {}
for node, chunk in zip(nodes, chunks, strict=True):
    for number, text in enumerate(engine.text_splitter.split_text(chunk["text"])):
        cited_places[node.node_id, number] = len(cited)
        cited.append({"name": chunk["name"], "text": text})
for question in given["questions"]:
    found = retriever.retrieve(question["text"])
    plain[question["id"]] = [places[hit.node.node_id] for hit in found]
    # What CitationQueryEngine does with them (_create_citation_nodes): each is split again, its pieces in their order.
    pieces = [
        cited_places[hit.node.node_id, number]
        for hit in found
        for number in range(len(engine.text_splitter.split_text(hit.node.get_content(MetadataMode.NONE))))
    ]
    citing[question["id"]] = pieces[: given["depth"]]
job.write({"LlamaIndex defaults": (chunks, plain), "LlamaIndex CitationQueryEngine": (cited, citing)})
