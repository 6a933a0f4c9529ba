"""A question that asks of whole reports to its answer: in short, what is new, or what has changed."""

from rag.answering.changes import tell_changes, tell_news
from rag.answering.overview import Composed, Teller
from rag.answering.requests import Changes, News, Told, read_request
from rag.answering.retrieve import Found, Retriever
from rag.records import Filters


def answer_whole(found: Found, retriever: Retriever, filters: Filters) -> Composed | None:
    """What is answered to a question that asks of whole reports; None for any other."""
    if found.look_up.named or found.look_up.in_vain:
        return None
    index, lexicon = retriever.index, retriever.lexicon
    teller = Teller(index, lexicon, found.question.language, filters)
    match read_request(found.question, index, lexicon, filters):
        case Told() as request:
            return teller.tell(request)
        case News() as request:
            return tell_news(request, teller)
        case Changes() as request:
            return tell_changes(request, teller, retriever)
    return None
