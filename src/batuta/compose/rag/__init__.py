"""Find documents first, then answer from them and cite them.

**Decides:** the workflow, when it was written.
**Model calls:** 1 to answer, 0 where nothing is found; 1 each for a condenser, queries, a reranker.
**Fails when:** the passage is not found, or is found and says less than the question asks.
**Source:** Lewis et al., Retrieval-Augmented Generation, 2020 (arXiv:2005.11401).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, get_args

from batuta.compose.rag.citations import checked
from batuta.compose.rag.stages import OnFailure, Stages
from batuta.core.message import Message
from batuta.core.message import question_of as question_of
from batuta.core.slots import new_dict
from batuta.parts.documents import Document, Where, documents_of, fenced, fitting, fuse, unique
from batuta.parts.grounding import GroundedWriter, queries_in
from batuta.parts.members import Composed, attempt, check_members, with_record
from batuta.parts.options import check_options

if TYPE_CHECKING:
    from batuta.core.agent import Agent
    from batuta.core.run import Run
    from batuta.core.trace import Decider


@dataclass(frozen=True, kw_only=True)
class RAG(Composed):
    """Retrieves, fuses, reranks and generates; each stage is an agent.

    The generator gets the caller's own data and metadata too; ``question``, ``documents`` and
    ``unknown`` in its data are RAG's. It abstains where no document is left, without asking the
    generator, or where that abstains.

    Args:
        retrievers: One, or several whose rankings are fused; each answers data ``{"documents"}``.
        reranker: Gets the question and ``{"documents"}``, gives them back sorted, with scores.
        condenser: Makes a follow-up stand alone; asked only where there is a conversation.
        queries: Rewrites the question into several, which are searched beside it.
        top_k: Most documents that reach the generator.
        fetch_k: Most that each search is asked for; None is top_k, or four times it to rerank.
        min_score: Documents below it are left out, in the scale of the reranker, or of the one
            retriever.
        where: A filter on metadata that goes to every retriever.
        on_error: What a failed helper or retriever does: ``partial`` goes on without it.
        most_chars: Of all documents together, what reaches the generator.
    """

    retrievers: Sequence[Agent | str]
    generator: Agent | str = field(default_factory=GroundedWriter)
    name: str = "rag"
    role: str = "answers from documents, with citations"
    reranker: Agent | str | None = None
    condenser: Agent | str | None = None
    queries: Agent | str | None = None
    top_k: int = 5
    fetch_k: int | None = None
    max_queries: int = 4
    min_score: float | None = None
    where: Where = field(default_factory=new_dict)
    on_error: OnFailure = "partial"
    most_chars: int = 24_000
    unknown: str = "I do not know: the documents do not say."
    decides: Decider = "workflow"

    def __post_init__(self) -> None:
        check_options(self)
        check_members(self.retrievers, "retriever")
        for option in ("top_k", "max_queries", "most_chars", "fetch_k"):
            if (value := getattr(self, option)) is not None and value < 1:
                raise ValueError(f"RAG {option} must be 1 or more.")
        if self.on_error not in get_args(OnFailure):
            raise ValueError(f"RAG on_error is one of {', '.join(get_args(OnFailure))}.")
        fused = len(self.retrievers) > 1 or self.queries is not None
        if self.min_score is not None and fused and self.reranker is None:
            raise ValueError(
                "Fused ranks have no scale for RAG's min_score: set it on each retriever, "
                "or add a reranker."
            )

    def parts(self) -> Sequence[Agent | str]:
        """Give the agents of all stages."""
        helpers = (self.condenser, self.queries, self.reranker, self.generator)
        return [*self.retrievers, *(one for one in helpers if one is not None)]

    async def execute(self, message: Message, run: Run) -> Message:
        """Retrieve, then answer or abstain."""
        stages = Stages(run=run, on_error=self.on_error)
        question, queries = await self._asked(message, stages)
        documents = await self._best(question, await self._found(queries, stages), stages)
        shown = [{"id": d.id, "score": d.score, "metadata": dict(d.metadata)} for d in documents]
        facts = {"question": question, "queries": queries, "documents": shown}
        data: dict[str, Any] = {"answered": False, "citations": [], "documents": shown}
        if not documents:
            run.decide("abstain", "nothing relevant was found")
            reply = Message.assistant(self.unknown, data)
            return with_record(reply, "rag", stages.ran, stop="nothing found", **facts)
        told = {"question": question, "documents": [d.to_json() for d in documents]}
        text = f"{fenced(documents)}\n\nQuestion: {message.text}"
        told = {**(message.data or {}), **told, "unknown": self.unknown}
        asked = message.revised(role="user", text=text, data=told)
        said = await attempt(run, self.generator, asked, shares_history=True)
        answer = said.answer()
        own = answer.data or {}
        cited = checked(answer.text, [d.id for d in documents], own.get("citations") or ())
        answered = bool(own.get("answered", True))
        data |= {**own, "answered": answered, "citations": cited.cited, "documents": shown}
        reply = answer.revised(text=cited.text, data=data)
        stop = "answered" if answered else "generator abstained"
        facts |= {"citations": cited.cited, "mended": cited.mended, "dropped": cited.dropped}
        return with_record(reply, "rag", [*stages.ran, said], stop=stop, **facts)

    async def _asked(self, message: Message, stages: Stages) -> tuple[str, list[str]]:
        """Give the question that stands alone, and all that is searched for."""
        question, more = message.text, None
        if self.condenser is not None and stages.run.history():
            alone = await stages.one(self.condenser, message, queries_in)
            question = alone[0] if alone else question
        if self.queries is not None and question.strip():
            more = await stages.one(self.queries, Message.user(question), queries_in)
        return question, list(dict.fromkeys([question, *(more or ())]))[: self.max_queries]

    async def _found(self, queries: list[str], stages: Stages) -> list[list[Document]]:
        """Ask every retriever for every query, at once; rankings come in the order given."""
        most = self.fetch_k or self.top_k * (4 if self.reranker is not None else 1)
        ask = {"top_k": most, "where": dict(self.where)}
        calls = [(one, Message.user(query, ask)) for query in queries for one in self.retrievers]
        return [unique(found)[:most] for found in await stages.several(calls, documents_of)]

    async def _best(
        self, question: str, rankings: list[list[Document]], stages: Stages
    ) -> list[Document]:
        """Fuse, rerank and cut to what the generator may see."""
        found = rankings[0] if len(rankings) == 1 else fuse(rankings)
        least = self.min_score
        if self.reranker is not None and found:
            ask = Message.user(question, {"documents": [d.to_json() for d in found]})
            ranked = await stages.one(self.reranker, ask, documents_of)
            if ranked is None:
                least = None  # the scores at hand are in another scale
            else:
                known = {d.id: d for d in found}
                ranked = [d for d in unique(ranked) if d.id in known]
                found = [replace(known[d.id], score=d.score) for d in ranked]
        if least is not None:
            found = [d for d in found if d.score is not None and d.score >= least]
        return fitting(found[: self.top_k], self.most_chars)
