"""Classifiers: a model held to a schema, a trained estimator, words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.core.agent import Agent
from batuta.core.message import Message
from batuta.core.runtime import RunOptions
from batuta.core.session import Session
from batuta.errors import ConfigError
from batuta.parts.classifiers import EstimatorClassifier, ModelClassifier
from batuta.parts.naive_bayes import WordClassifier
from batuta.testing.scripted import ScriptedModel
from tests.unit.core.rig import hosted, reply

LABELS = {"refund": "Wants money back.", "order": "Wants to buy."}
EXAMPLES = [
    ("I want my money back", "refund"),
    ("please return the money", "refund"),
    ("refund me", "refund"),
    ("I want to buy two", "order"),
    ("order three of them please", "order"),
    ("can I buy it", "order"),
]


async def classified(classifier: Agent, text: str, model: Any = None) -> dict[str, Any]:
    answer = await hosted(model=model).call(classifier, Message.user(text))
    assert answer.data is not None
    return dict(answer.data)


class TestModelClassifier:
    async def test_the_schema_knows_the_labels_and_nothing_else(self) -> None:
        model = ScriptedModel([reply(output={"label": "refund", "confidence": 1})])
        said = await classified(ModelClassifier(labels=LABELS), "money back", model)
        assert said == {"label": "refund", "confidence": 1.0}
        output = model.requests[0].output
        assert output is not None
        assert output.schema["properties"]["label"]["enum"] == ["refund", "order"]
        assert output.schema["additionalProperties"] is False

    @pytest.mark.parametrize(
        "misfit",
        [
            {"label": "Refund", "confidence": 1.0},
            {"label": "refund", "confidence": 85},
            {"label": "refund", "confidence": "0.9"},
            {"label": "refund"},
            {"label": "refund", "confidence": 0.9, "why": "x"},
        ],
    )
    async def test_a_reply_that_does_not_fit_is_mended_once_then_an_error(
        self, misfit: dict[str, Any]
    ) -> None:
        right = reply(output={"label": "order", "confidence": 0.5})
        model = ScriptedModel([reply(output=misfit), right])
        said = await classified(ModelClassifier(labels=LABELS), "x", model)
        assert said["label"] == "order"
        assert "did not fit the schema" in model.requests[1].messages[0].text
        stubborn = ScriptedModel([reply(output=misfit)], repeat=True)
        record = await hosted(model=stubborn).run(ModelClassifier(labels=LABELS), Message.user("x"))
        assert record.error is not None
        assert record.error["code"] == "model_reply_invalid"
        assert record.model_calls == 2

    async def test_it_reads_the_conversation(self) -> None:
        session = Session("s", "local", history=[Message.user("two hats"), Message.assistant("Ok")])
        model = ScriptedModel([reply(output={"label": "order", "confidence": 1})])
        options = RunOptions(session=session)
        await hosted(model=model).run(ModelClassifier(labels=LABELS), Message.user("yes"), options)
        assert [m.text for m in model.requests[0].messages[1:]] == ["two hats", "Ok", "yes"]

    def test_one_label_is_refused(self) -> None:
        with pytest.raises(ValueError, match="two labels"):
            ModelClassifier(labels={"x": "…"})


class TestEstimatorClassifier:
    async def test_a_scikit_learn_pipeline_is_a_classifier(self) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline

        texts, labels = zip(*EXAMPLES, strict=True)
        pipeline = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, labels)
        classifier = EstimatorClassifier(estimator=pipeline)
        assert classifier.labels == ("order", "refund")
        said = await classified(classifier, "my money back please")
        assert said["label"] == "refund"
        assert 0.5 < said["confidence"] < 1
        assert sum(said["scores"].values()) == pytest.approx(1)
        assert json.loads(json.dumps(said)) == said

    async def test_one_that_fails_is_the_agents_failure(self) -> None:
        class Broken:
            classes_ = ("a", "b")

            def predict_proba(self, texts: Any) -> Any:
                raise ValueError("not fitted")

        record = await hosted().run(EstimatorClassifier(estimator=Broken()), Message.user("x"))
        assert record.error is not None
        assert "not fitted" in record.text


class TestWordClassifier:
    async def test_it_learns_which_words_go_with_which_label(self) -> None:
        classifier = WordClassifier.fit(EXAMPLES)
        assert classifier.labels == ("refund", "order")
        assert (await classified(classifier, "Give the MONEY back!"))["label"] == "refund"
        assert (await classified(classifier, "buy three"))["label"] == "order"

    def test_its_probabilities_are_those_of_the_formula(self) -> None:
        classifier = WordClassifier.fit([("a a b", "x"), ("b", "y"), ("b", "y")], smoothing=1)
        # Known features: a, b, "a a", "a b". Of x five stand in the text, of y two.
        x = 1 / 3 * (2 + 1) / (5 + 4)
        y = 2 / 3 * (0 + 1) / (2 + 4)
        assert classifier.probabilities("a")["x"] == pytest.approx(x / (x + y))

    def test_unknown_words_leave_the_labels_own_shares(self) -> None:
        classifier = WordClassifier.fit([("a", "x"), ("b", "y"), ("b", "y"), ("c", "y")])
        assert classifier.probabilities("zebra") == pytest.approx({"x": 0.25, "y": 0.75})
        assert classifier.probabilities("") == pytest.approx({"x": 0.25, "y": 0.75})

    @given(st.text(max_size=200))
    def test_any_text_has_probabilities_that_add_up(self, text: str) -> None:
        shares = WordClassifier.fit(EXAMPLES).probabilities(text)
        assert sum(shares.values()) == pytest.approx(1)
        assert all(0 <= share <= 1 for share in shares.values())

    def test_a_long_text_does_not_run_out_of_numbers(self) -> None:
        shares = WordClassifier.fit(EXAMPLES).probabilities("money back " * 50_000)
        assert shares["refund"] == pytest.approx(1)

    def test_what_was_saved_is_loaded_as_it_was(self, tmp_path: Path) -> None:
        made = WordClassifier.fit([*EXAMPLES, ("été", "order")], smoothing=0.5, name="words")
        made.save(tmp_path / "words.json")
        assert WordClassifier.load(tmp_path / "words.json", name="words") == made

    @pytest.mark.parametrize("content", ["", "[]", "{}", '{"batuta word classifier 1": {}}', "\0"])
    def test_a_file_that_holds_none_is_refused(self, content: str, tmp_path: Path) -> None:
        (tmp_path / "x.json").write_text(content)
        with pytest.raises(ConfigError, match="holds no word classifier"):
            WordClassifier.load(tmp_path / "x.json")

    def test_a_file_that_is_not_there_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="holds no word classifier"):
            WordClassifier.load(tmp_path / "none.json")

    @pytest.mark.parametrize("examples", [[], [("a", "x"), ("b", "x")]])
    def test_examples_of_fewer_than_two_labels_are_refused(self, examples: Any) -> None:
        with pytest.raises(ValueError, match="two labels"):
            WordClassifier.fit(examples)

    def test_no_smoothing_is_refused(self) -> None:
        with pytest.raises(ValueError, match="smoothing"):
            WordClassifier.fit(EXAMPLES, smoothing=0)
