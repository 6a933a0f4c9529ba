"""Every error a user can act on, drawn as a tree.

    RagError                    exit code 2 unless said otherwise
    ├── QuestionError           an empty, too long or unreadable question
    ├── ReportError             a file that cannot be read as a report
    ├── IndexProblem            a missing, half-written, damaged or foreign index
    ├── UnknownParagraph        an id or reference that names nothing in the index
    ├── SettingError            a setting whose value cannot be used
    ├── BatchError              a line of a batch or questions file that cannot be used
    └── ModelError              a model that is missing, damaged or of the wrong kind
        └── GenerationError     a language model that failed while answering

A message is one line that names the thing, the values that disagree and the next command. What is raised is its key in
data/errors.toml, where it stands in both languages, and the values it names. Bugs stay plain exceptions.
"""

from collections.abc import Mapping
from typing import Any

from rag.messages import message, texts


class RagError(Exception):
    """An error a user can mend, told in the language of whoever reads it; as a string, in English.

    >>> RagError("unknown-paragraph", id="A/1#2").told("zh")
    '索引中没有段落 A/1#2；请检查报告文号和段号。'
    """

    def __init__(self, key: str, **values: Any) -> None:
        """The key of its message, and the values that stand in the message's braces."""
        super().__init__(key)
        self.key, self.values = key, values

    def told(self, language: str) -> str:
        """The message in a language."""
        return message(self.key, language, **self.values) if self.key in texts() else self.key

    def __str__(self) -> str:
        return self.told("en")

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (type(self), self.key, self.values)


def _again(kind: type[RagError], key: str, values: Mapping[str, Any]) -> RagError:
    return kind(key, **values)


class QuestionError(RagError):
    """An empty, too long or unreadable question."""


class ReportError(RagError):
    """A file that cannot be read as a report."""


class IndexProblem(RagError):
    """A missing, half-written, damaged or foreign index."""


class UnknownParagraph(RagError):
    """An id or reference that names nothing in the index."""


class SettingError(RagError):
    """A setting whose value cannot be used."""


class BatchError(RagError):
    """A line of a batch or questions file that cannot be used."""


class ModelError(RagError):
    """A model that is missing, damaged or of the wrong kind."""


class GenerationError(ModelError):
    """A language model that failed while answering."""
