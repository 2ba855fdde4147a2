"""Let five real classifiers vote on tumours that none of them has seen.

Run it: ``python examples/ensemble_diagnosis.py``; no key needed. It wants scikit-learn, and says
how to install it. The data is the breast-cancer set that scikit-learn ships: 569 cases, 30 measures
each.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

from batuta import Ensemble, Message, Run, local_runtime
from batuta.errors import package_command

SEED = 7


@dataclass(frozen=True)
class Doctor:
    """One trained classifier as an agent; it tells its labels, so that unequal ones are refused.

    Args:
        findings: The probability of each label for each case: scikit-learn is quick for many cases
            at once, and slow for one after the other.
    """

    name: str
    findings: Sequence[Sequence[float]]
    labels: tuple[str, ...]
    role: str = "tells a tumour's kind from 30 measures"

    async def execute(self, message: Message, run: Run) -> Message:
        """Tell the finding for the case in the message."""
        case: int = (message.data or {})["case"]
        shares = self.findings[case]
        best = max(range(len(shares)), key=shares.__getitem__)
        return Message.assistant(self.labels[best], {"confidence": shares[best]})


def part(name: str) -> Any:
    """Import a part of scikit-learn; without it, leave and say how to install it."""
    try:
        return import_module(f"sklearn.{name}")
    except ModuleNotFoundError as error:
        command = package_command("scikit-learn")
        raise SystemExit(f"This example needs scikit-learn. Run: {command}") from error


def trained() -> tuple[list[Doctor], list[str]]:
    """Train five classifiers on half of the cases, and give the truth about the other half."""
    cases = part("datasets").load_breast_cancer()
    labels = tuple(str(name) for name in cases.target_names)
    split = part("model_selection").train_test_split
    seen, unseen, told, truth = split(
        cases.data, cases.target, test_size=0.5, random_state=SEED, stratify=cases.target
    )
    scaled = partial(part("pipeline").make_pipeline, part("preprocessing").StandardScaler())
    models = {
        "regression": scaled(part("linear_model").LogisticRegression()),
        "bayes": part("naive_bayes").GaussianNB(),
        "neighbours": scaled(part("neighbors").KNeighborsClassifier(3)),
        "tree": part("tree").DecisionTreeClassifier(max_depth=4, random_state=SEED),
        "discriminant": part("discriminant_analysis").LinearDiscriminantAnalysis(),
    }
    doctors: list[Doctor] = []
    for name, model in models.items():
        shares = model.fit(seen, told).predict_proba(unseen).tolist()
        doctors.append(Doctor(name, shares, labels))
    return doctors, [labels[kind] for kind in truth]


async def main() -> None:
    """Put every unseen case to the vote: by majority, by confidence, and with four of five."""
    doctors, cases = trained()
    votes = [
        Ensemble(voters=doctors, name="majority"),
        Ensemble(voters=doctors, name="by confidence", rule="confidence"),
        Ensemble(voters=doctors, name="four of five", threshold=0.8),
    ]
    wrong, abstained = Counter[str](), Counter[str]()
    runtime = local_runtime()
    for number, truth in enumerate(cases):
        case = Message.user("Benign or malignant?", {"case": number})
        for vote in votes:
            answer = await runtime.call(vote, case)
            ballot = answer.metadata["composition"]["ballot"]
            abstained[vote.name] += ballot["winner"] is None
            wrong[vote.name] += ballot["winner"] not in {None, truth}
            if vote.name == "majority":
                wrong.update(each["voter"] for each in ballot["votes"] if each["label"] != truth)
    await runtime.stop()
    print(f"{len(cases)} unseen cases")
    for name in [*(doctor.name for doctor in doctors), *(vote.name for vote in votes)]:
        silent = f", {abstained[name]} abstained" if abstained[name] else ""
        print(f"{name:14} {wrong[name]:3} wrong{silent}")


if __name__ == "__main__":
    asyncio.run(main())
