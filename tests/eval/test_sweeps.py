"""Sweeps: what a variant may change, that it is put back, and what the tables say."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from eval_toy import ANSWERS, LIBRARY, LINES, PARAGRAPHS, REPORTS, questions
from made_index import FakeEmbedder, indexed

from eval import sweeps
from eval.questions import for_tuning, split_of
from rag.errors import BatchError
from rag.records import Answer, Hit
from rag.settings import Settings

if TYPE_CHECKING:
    from rag.index import Index
    from rag.lexicon import Lexicon

ABLATIONS = Path(sweeps.__file__).with_name("ablations.toml")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, lexicon: "Lexicon") -> "Index":
    of = [(report, [p for p in PARAGRAPHS if p.report == report.id]) for report in REPORTS.values()]
    return indexed(of, tmp_path_factory.mktemp("index"), FakeEmbedder(), lexicon)


@pytest.fixture
def assistant(index: "Index", lexicon: "Lexicon") -> Any:
    from rag.answering.retrieve import Retriever

    retriever = Retriever(index, FakeEmbedder, lexicon)
    return SimpleNamespace(settings=Settings(), index=index, retriever=retriever, embedder=SimpleNamespace())


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


class TestVariants:
    def test_named_variants_keep_their_order_and_a_grid_gives_every_combination(self, tmp_path: Path) -> None:
        text = '[[variant]]\nname = "b"\npart = "x"\n[[variant]]\nname = "a"\n[grid]\nk = [1, 2]\nrenderings = [true]\n'
        read = sweeps.read_variants(written(tmp_path / "v.toml", text))
        assert [(each.name, each.part) for each in read[:2]] == [("b", "x"), ("a", "")]
        assert [each.changes for each in read[2:]] == [{"k": 1, "renderings": True}, {"k": 2, "renderings": True}]

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            pytest.param("", "gives 0 variants", id="none"),
            pytest.param("[grid]\nk = [" + "1," * 201 + "]", "gives 201 variants; 1 to 200", id="too many"),
            pytest.param("[[", "not valid TOML", id="not TOML"),
        ],
    )
    def test_bad_files_are_named(self, tmp_path: Path, text: str, told: str) -> None:
        with pytest.raises(BatchError, match=told):
            sweeps.read_variants(written(tmp_path / "v.toml", text))

    def test_every_ablation_names_what_there_is_and_the_first_changes_nothing(self, assistant: Any) -> None:
        variants = sweeps.read_variants(ABLATIONS)
        assert variants[0].changes == {}
        assert len({each.name for each in variants}) == len(variants)
        for name in {name for each in variants for name in each.changes if not name.startswith("lexicon")}:
            sweeps.changed(assistant, {name: 1})


class TestChanges:
    def test_a_weight_outweighs_what_was_calibrated_in_a_copy(self, assistant: Any) -> None:
        weights = assistant.retriever.weights
        assistant.retriever.weights = replace(weights, legs={**weights.legs, "dense same": 9.0, "terms own": 7.0})
        other = sweeps.changed(assistant, {"weights.legs.dense same": 0.0, "weights.part": 0.25})
        assert (other.retriever.weights.legs["dense same"], other.retriever.weights.legs["terms own"]) == (0.0, 7.0)
        assert other.retriever.weights.part == 0.25
        assert assistant.retriever.weights.legs["dense same"] == 9.0

    def test_a_setting_is_changed_in_a_copy(self, assistant: Any) -> None:
        assert sweeps.changed(assistant, {"renderings": False}).settings.renderings is False
        assert assistant.settings.renderings is True

    def test_without_the_glossary_index_and_questions_lack_its_synonyms(self, assistant: Any) -> None:
        legs = assistant.index.legs
        other = sweeps.changed(assistant, {"lexicon.glossary": False})
        assert other.retriever.lexicon.expansions("SALW in Africa", "en") == []
        assert other.retriever.index.legs is other.index.legs is not legs
        assert assistant.index.legs is legs
        assert assistant.retriever.lexicon.expansions("SALW in Africa", "en") != []

    @pytest.mark.parametrize(
        ("name", "told"),
        [
            pytest.param("weights.legs.sparse", "there is no leg 'sparse'. It has: dense same", id="no leg"),
            pytest.param("weights.nothing", "names no weight", id="no weight"),
            pytest.param("weights.part.own", "names no weight", id="no table"),
            pytest.param("os.environ", "names no weight", id="not ours"),
        ],
    )
    def test_a_name_of_nothing_is_told(self, assistant: Any, name: str, told: str) -> None:
        with pytest.raises(BatchError, match=told):
            sweeps.changed(assistant, {name: 1})


def two_pairs() -> list[dict[str, Any]]:
    """The answerable toy questions twice, as pairs of the dev half."""
    pairs = [pair for pair in (f"p{i}" for i in range(99)) if split_of(pair) == "dev"][:2]
    return [{**line, "id": f"{pair}-{line['lang']}", "pair": pair} for pair in pairs for line in LINES if line["gold"]]


class Asked:
    """An assistant that finds one paragraph, or two where it may look at renderings."""

    def __init__(self) -> None:
        self.settings = Settings()
        self.index = SimpleNamespace(name="toy", reports=REPORTS, manifest={"files": {"paragraphs.jsonl": "0"}})
        self.index.manifest |= {"reports": {}, "embedder": {"name": "toy", "fingerprint": "f"}}
        self.embedder = SimpleNamespace(embed_query=lambda text: [])

    def ask(self, question: str, history: Any = ()) -> Answer:
        hits = tuple(Hit(p, n, 1 - n / 10) for n, p in enumerate(PARAGRAPHS[: 1 + self.settings.renderings], 1))
        return Answer(question, "en", str(ANSWERS["p1-en"]["answer"]), (), hits, "quotes", False, {})


def test_each_variant_stands_beside_the_first_and_the_tables_are_kept(tmp_path: Path) -> None:
    variants = [sweeps.Variant("all", {}, "all"), sweeps.Variant("fewer", {"renderings": False}, "all")]
    asked = for_tuning(questions(two_pairs()))
    tried = sweeps.try_all(Asked(), LIBRARY, asked, variants, lambda done, of: None)  # type: ignore[arg-type]
    assert tried[0].ahead == {}
    assert tried[1].ahead["en"]["all_evidence@5"].difference == -1.0
    assert sweeps.table(tried).count("fewer") == 2  # its figures, and what it lacks
    sweeps.keep(tmp_path / "t.md", tried, variants, Asked())  # type: ignore[arg-type]
    kept = json.loads((tmp_path / "t.json").read_text("utf-8"))
    assert kept["tried"][1]["less the first"]["en"]["ndcg@10"]["difference"] < 0
    assert "| all | fewer |" in (tmp_path / "t.md").read_text("utf-8")


def test_of_a_plain_grid_the_best_comes_first() -> None:
    one, other = (
        sweeps.Tried(sweeps.Variant(name, {}), {"all": {"ndcg@10": {"value": value}}, "lang": {}})
        for name, value in (("worse", 0.5), ("better", 0.9))
    )
    assert sweeps.table([one, other]).index("better") < sweeps.table([one, other]).index("worse")
