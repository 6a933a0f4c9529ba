"""What each package of rag offers is fixed, exists and is documented."""

import importlib
import inspect
from pathlib import Path

import pytest

PUBLIC = {
    "rag": [],
    "rag.text": [
        "Figure",
        "Segmenter",
        "character_pairs",
        "clean_question",
        "figure_supported",
        "figures",
        "find_quote",
        "fold",
        "fold_with_offsets",
        "foreign",
        "join_lines",
        "language",
        "ordinals",
        "sentences",
        "symbols",
        "term_en",
        "terms_en",
    ],
    "rag.reports": [
        "Kind",
        "Piece",
        "ReadReport",
        "likely_title",
        "list_reports",
        "parse",
        "read_folder",
        "read_report",
        "rejoin",
    ],
    "rag.index": ["GLOSS", "OWN", "RENDERING", "Index", "LegName", "Progress", "TermLeg", "build_index", "open_index"],
}
RAG = Path(__file__).parents[1] / "rag"
MODULES = sorted(path.stem for path in RAG.glob("*.py") if not path.stem.startswith("_"))


@pytest.mark.parametrize("package", PUBLIC)
def test_a_package_offers_exactly_what_is_listed(package: str) -> None:
    module = importlib.import_module(package)
    assert sorted(getattr(module, "__all__", [])) == sorted(PUBLIC[package])
    assert all(hasattr(module, name) for name in PUBLIC[package])


@pytest.mark.parametrize("name", MODULES)
def test_what_is_public_says_what_it_gives(name: str) -> None:
    module = importlib.import_module(f"rag.{name}")
    assert module.__doc__
    for member, thing in inspect.getmembers(module, lambda each: inspect.isfunction(each) or inspect.isclass(each)):
        if thing.__module__ == module.__name__ and not member.startswith("_"):
            assert inspect.getdoc(thing), f"rag.{name}.{member}"
