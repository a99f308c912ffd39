"""Train the claims model on one training file, measure it, and leave the model and its lineage as the run's outputs.

Boosted trees, because the table mixes categories, numbers and missing values (-1) and trees take all of them as
they are; a small file, with claims by the dozen, teaches a linear model more. Few drivers file a claim, so the
claims weigh as much in all as the rest, and quality is told by ranking (AUC, and the insurer's normalised Gini,
which is 2 AUC - 1), never by accuracy. The seed makes it repeatable.
"""

import argparse
import hashlib
import json
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from azureml.core import Run
from sklearn.base import ClassifierMixin
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

SEED = 20_260
OUTPUTS = Path("outputs")

FEW_ROWS = 20_000
"""Below this a fifth of the rows holds too few claims to judge by, and every row is judged in turn."""


def read(path: Path) -> tuple[pd.DataFrame, pd.Series]:
    """Features (missing values as NaN) and target of a training file; SystemExit if nothing can be learned from it."""
    table = pd.read_csv(path, engine="pyarrow")
    target = table.pop("target")
    claims = int(target.sum())
    if min(claims, len(target) - claims) < 2:
        raise SystemExit(
            f"{path.name} holds {len(target)} drivers, {claims} of them with a claim: too few to learn from."
        )
    return table.drop(columns="id").astype(np.float32).replace(-1, np.nan), target


def new_model(rows: int) -> ClassifierMixin:
    """An untrained model that suits a table of so many rows."""
    if rows < FEW_ROWS:
        linear = LogisticRegression(C=0.01, class_weight="balanced", max_iter=500, random_state=SEED)
        return make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler(), linear)
    return HistGradientBoostingClassifier(class_weight="balanced", max_iter=60, early_stopping=False, random_state=SEED)


def trained(features: pd.DataFrame, target: pd.Series) -> tuple[ClassifierMixin, float]:
    """A trained model and its AUC on rows that the judged model has not seen."""
    model = new_model(len(target))
    if len(target) < FEW_ROWS:
        folds = StratifiedKFold(min(5, int(target.sum()), int((1 - target).sum())), shuffle=True, random_state=SEED)
        chances = cross_val_predict(model, features, target, cv=folds, method="predict_proba")[:, 1]
        return model.fit(features, target), float(roc_auc_score(target, chances))
    seen, unseen, seen_target, unseen_target = train_test_split(
        features, target, test_size=0.2, stratify=target, random_state=SEED
    )
    model.fit(seen, seen_target)
    return model, float(roc_auc_score(unseen_target, model.predict_proba(unseen)[:, 1]))


def sha256(path: Path) -> str:
    """The file's SHA-256, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main() -> None:
    """Train, log the metrics, and write `outputs/model.joblib` and `outputs/lineage.json`."""
    parser = argparse.ArgumentParser(description="Train the claims model.")
    parser.add_argument("--data", type=Path, required=True, help="the training file")
    parser.add_argument("--model-name", required=True)
    parser.add_argument("--dataset-version", required=True)
    parser.add_argument("--caller-run-id", required=True, help="the Data Factory run that prepared the file")
    arguments = parser.parse_args()

    run = Run.get_context()
    features, target = read(arguments.data)
    model, auc = trained(features, target)
    metrics = {"auc": auc, "gini": 2 * auc - 1, "rows": len(target), "claims": int(target.sum())}
    for name, value in metrics.items():
        run.log(name, value)
        print(f"{name}: {value}")

    OUTPUTS.mkdir(exist_ok=True)
    joblib.dump(model, OUTPUTS / "model.joblib")
    lineage = {
        "model_name": arguments.model_name,
        "dataset_version": arguments.dataset_version,
        "caller_run_id": arguments.caller_run_id,
        "data_file": arguments.data.name,
        "data_sha256": sha256(arguments.data),
        "features": list(features.columns),
        "seed": SEED,
        "metrics": metrics,
    }
    (OUTPUTS / "lineage.json").write_text(json.dumps(lineage, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
