"""LangChain's retrieval tutorial: recursive splitter of 1,000 characters with 200 in common, dense search in memory."""

import job
from langchain_core.documents import Document
from langchain_core.vectorstores import InMemoryVectorStore
from langchain_huggingface import HuggingFaceEmbeddings
from langchain_text_splitters import RecursiveCharacterTextSplitter

given = job.read()
documents = [Document(page_content=text["text"], metadata={"name": text["name"]}) for text in given["texts"]]
splits = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200).split_documents(documents)
for number, split in enumerate(splits):
    split.metadata["number"] = number
store = InMemoryVectorStore(HuggingFaceEmbeddings(model_name=given["model"]))
store.add_documents(splits)
ranked = {
    question["id"]: [hit.metadata["number"] for hit in store.similarity_search(question["text"], k=given["depth"])]
    for question in given["questions"]
}
chunks = [{"name": split.metadata["name"], "text": split.page_content} for split in splits]
job.write({"LangChain tutorial, dense": (chunks, ranked)})
