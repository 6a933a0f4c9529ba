"""An answer cut to its first statement, for a reader who asked for short ones."""

import re
from dataclasses import replace

from rag.checking import MARKER
from rag.records import Answer

AFTER = re.compile(
    r"(?:\s?\[\d{1,3}\]){0,9}(?:[（(][^（）()\n]{1,40}[）)])?[。.！!？?；;]?"
)  # what a first marker draws along


def shortened(answer: Answer) -> Answer:
    """The answer up to its first marker and what belongs to it, with the citations made there; a refusal as it is."""
    known = {citation.marker for citation in answer.citations}
    first = next((found for found in MARKER.finditer(answer.text) if int(found[1]) in known), None)
    if first is None or answer.abstained:
        return answer
    rest = AFTER.match(answer.text, first.end())
    text = answer.text[: rest.end() if rest else first.end()]
    made = sum(int(found[1]) in known for found in MARKER.finditer(text))
    return replace(answer, text=text, citations=answer.citations[:made])
