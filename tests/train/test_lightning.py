"""Lightning trains from batches as they are, alone and through workers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
lightning = pytest.importorskip("lightning")

import mainspring as ms  # noqa: E402
from mainspring import train  # noqa: E402
from tests.train.test_models import outputs, preprocessor, table  # noqa: E402

ROWS = table(2000)


class Lit(lightning.LightningModule):  # type: ignore[misc, name-defined]
    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model
        self.rows = 0

    def training_step(self, batch: Any, number: int) -> Any:
        self.rows += len(batch.dense)
        return train.binary_cross_entropy(self.model(batch.dense, batch.ids), batch.label)

    def configure_optimizers(self) -> Any:
        return torch.optim.AdamW(self.model.parameters(), lr=0.01)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("workers", [0, 1])
def test_lightning_trains_from_batches(workers: int, tmp_path: Path) -> None:
    prep = preprocessor().fit(ROWS)
    torch.manual_seed(0)
    module = Lit(train.DeepFM.from_features(prep, hidden=(16,), width=4))
    batches: Any = train.ArrowBatches(ROWS, prep, 128, "block", label="y")
    if workers:
        batches = torch.utils.data.DataLoader(batches, batch_size=None, num_workers=workers)
    trainer = lightning.Trainer(
        max_epochs=2, accelerator="cpu", logger=False, enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False, default_root_dir=tmp_path,
    )  # fmt: skip
    trainer.fit(module, batches)
    assert module.rows == 2 * ROWS.num_rows
    scores = outputs(module.model, prep, ROWS)
    report = ms.evaluate({"y": ROWS["y"], "p": scores}, target="y", score="p", metrics=["roc_auc"])
    assert report.value("roc_auc") > 0.6
