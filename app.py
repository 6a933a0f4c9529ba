"""The chat page: `python app.py`, or `rapporteur serve`."""

from rag.assistant import Assistant
from rag.page import serve
from rag.settings import load_settings

if __name__ == "__main__":
    serve(Assistant(load_settings({})[0]))
