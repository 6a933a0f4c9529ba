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

A message is one line that names the thing, the values that disagree and the next command. Bugs stay plain exceptions.
"""


class RagError(Exception):
    """An error a user can mend; its text is shown as it is."""


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
