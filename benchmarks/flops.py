"""Floating-point operations of each report's training on CelebA: `python -m benchmarks.flops`. Counted, not measured.

torch counts the operations of convolutions and products in a step on FEW pictures; they are proportional to the batch.
"""

import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import reports
from ganlib.core.random import Streams
from ganlib.models.report import Report
from ganlib.training.feed import Feed
from ganlib.training.trainer import Trainer

PICTURES = 162_770  # of CelebA's official training split
FEW = 2


def of(report: Report) -> int:
    """Floating-point operations of one step."""
    few = report.model_copy(update={"batch_size": FEW, "precision": "fp32", "compile": False})
    trainer = Trainer(few, torch.device("cpu"), Streams(1))
    batch = Feed(few, reports.faces(few, few.reals_per_step), torch.device("cpu"), Streams(1)).next()
    with FlopCounterMode(display=False) as counter:
        trainer.step(batch)
    return counter.get_total_flops() * report.batch_size // FEW


def steps(report: Report) -> int:
    """Floating-point operations of all epochs."""
    return report.epochs * report.steps_per_epoch(PICTURES)


def main() -> None:
    """Print a row for each report."""
    print("| | batch | GFLOP a step | steps | PFLOP |\n|---|---|---|---|---|")
    total = 0
    for name in reports.NAMES:
        report = reports.full(name)
        work = of(report)
        total += work * steps(report)
        print(f"| `{name}` | {report.batch_size} | {work / 1e9:,.1f} | {steps(report):,} | {work * steps(report) / 1e15:,.2f} |")
    print(f"| all | | | | {total / 1e15:,.0f} |")


if __name__ == "__main__":
    main()
