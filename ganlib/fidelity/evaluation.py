"""Every score of a trained report: its fakes against its crop's reference, at the end of training and at its snapshots."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.nn import Module

from ganlib.core.images import resized, save_sheet, to_uint8
from ganlib.core.random import stream
from ganlib.core.tables import final_metrics
from ganlib.data.faces import Faces
from ganlib.fidelity import inception, scores
from ganlib.fidelity.attributes import Classifier
from ganlib.fidelity.conditions import condition_rates, diversity, explained
from ganlib.fidelity.frechet import Statistics, frechet_distance
from ganlib.fidelity.inception import Inception
from ganlib.fidelity.kernel import kid
from ganlib.fidelity.memorisation import memorisation, thumbnails
from ganlib.fidelity.reference import BATCH, Reference
from ganlib.fidelity.shares import shares
from ganlib.fidelity.sharpness import sharpness
from ganlib.models import store
from ganlib.models.report import Report
from ganlib.support import console
from ganlib.support.files import replacing
from ganlib.support.paths import Outputs

HEADLINE = (
    *("fid", "fid_low", "fid_high", "fid_floor"),
    *("kid", "kid_low", "kid_high", "kid_floor"),
    "closer_than_held_out",
)
"""Metrics to compare between commits, before the report's own `headline`. Not coverage: it is 0 for most previews."""


@dataclass(frozen=True, eq=False)
class Fakes:
    """A generator's pictures, one for each row of `condition` (N, K), resized to `size` pixels; equal in every iteration."""

    generator: Module
    report: Report
    condition: Tensor
    size: int
    seed: int

    @classmethod
    def of(cls, path: Path, faces: Faces, rows: np.ndarray, seed: int) -> "Fakes":
        """Fakes of a stored generator, with the conditions of the real pictures `rows` of `faces`."""
        generator, report = store.load(path)
        conditions = torch.from_numpy(faces.conditions(report.condition_groups)[rows])
        return cls(generator, report, conditions, faces.pictures.shape[1], seed)

    def __iter__(self) -> Iterator[Tensor]:
        """Batches of (n, 3, S, S) uint8."""
        return (resized(to_uint8(pictures, self.report.pixel_range), self.size) for pictures in self.drawn())

    def drawn(self) -> Iterator[Tensor]:
        """The generator's output before resizing and clipping, in float32."""
        return store.generate(self.generator, self.report, self.condition, stream(self.seed, "scores"))

    def features(self, network: Inception, desc: str) -> np.ndarray:
        """(N, D) float32."""
        self.generator.to(next(network.buffers()).device)
        return inception.features(network, self, desc, len(self.condition))

    def pictures(self, rows: list[int]) -> Tensor:
        """(n, 3, S, S) uint8 of these rows, generated again, since all pictures together may exceed the memory."""
        wanted: dict[int, Tensor] = {}
        start = 0
        for batch in self:
            wanted |= {row: batch[row - start] for row in rows if start <= row < start + len(batch)}
            start += len(batch)
        return torch.stack([wanted[row] for row in rows]).cpu()


def evaluate(
    outputs: Outputs,
    reference: Reference,
    statistics: Statistics,
    faces: Faces,
    trained: Faces,
    folder: Path,
    *,
    network: Inception,
    attributes: Collection[str],
    seed: int,
    snapshots: bool = True,
) -> dict[str, float | str]:
    """Score a run's final generator: N fakes against the N scored reals of `reference`, whose `statistics` are precomputed.

    `faces` holds all pictures of the crop, to whose size fakes are resized; `trained` those of the training. Each fake has the
    conditions of one scored real. `attributes` are those whose shares are reported.
    Writes to `folder`: closest.png, the ten fakes nearest to a training picture, each above that picture, and, if there are snapshots,
    scores.csv, FID and KID of these and of the end; without `snapshots` they are not scored.
    """
    real, curve = reference.scored, []

    def generate(path: Path, step: int) -> tuple[Fakes, np.ndarray]:
        fakes = Fakes.of(path, faces, reference.scored_rows, seed)
        return fakes, fakes.features(network, f"features of fakes, step {step}")

    kept = generators_of(outputs)
    *earlier, (last, path) = kept if snapshots else kept[-1:]
    for step, snapshot in earlier:
        _, fake = generate(snapshot, step)
        curve.append({"step": step, "fid": frechet_distance(statistics, Statistics.of(fake)), "kid": kid(real, fake)})
        del fake  # frees its memory before the next ones are generated
    fakes, fake = generate(path, last)
    metrics = scores.compare(real, fake, scores.METRICS)
    curve.append({"step": last, "fid": metrics["fid"], "kid": metrics["kid"]})
    folder.mkdir(parents=True, exist_ok=True)
    if earlier:
        with replacing(folder / "scores.csv") as target:
            pd.DataFrame(curve).to_csv(target, index=False, float_format="%.6g")

    metrics |= {"samples": len(fake), "real_samples": len(real)}
    if reference.floor_reals is not None:
        metrics |= scores.floor(real, reference.floor_reals, scores.METRICS)
    metrics |= pixel_figures(fakes, faces, reference.scored_rows)
    if len(reference.held_out):
        metrics |= memorised(fakes, faces, trained.rows, reference.held_out_rows, folder / "closest.png")
    return metrics | label_figures(fakes, fake, reference, faces, attributes)


def generators_of(outputs: Outputs) -> list[tuple[int, Path]]:
    """Steps and files of a run's stored generators, the final one last."""
    snapshots = [(int(path.stem), path) for path in sorted((outputs.run / "snapshots").glob("*.safetensors"))]
    return [*snapshots, (int(final_metrics(outputs.progress / "log.csv")["step"]), outputs.run / "generator.safetensors")]


def pixel_figures(fakes: Fakes, faces: Faces, rows: np.ndarray) -> dict[str, float]:
    """`fakes_out_of_range`: share of values outside the pixel range before clipping; `sharpness`: relative to the reals `rows`, left out
    if these have none.
    """
    low, high = fakes.report.pixel_range
    outside = [((pictures < low) | (pictures > high)).float().mean(dim=(1, 2, 3)) for pictures in fakes.drawn()]
    figures = {"fakes_out_of_range": float(torch.cat(outside).mean())}
    if real := sharpness(map(torch.from_numpy, _batches(faces, rows))):
        figures["sharpness"] = sharpness(fakes) / real
    return figures


def _batches(faces: Faces, rows: np.ndarray) -> Iterator[np.ndarray]:
    """Batches of (n, 3, S, S) uint8 of these rows."""
    return (faces[rows[start : start + BATCH]] for start in range(0, len(rows), BATCH))


def memorised(fakes: Fakes, faces: Faces, trained: np.ndarray, held_out: np.ndarray, sheet: Path) -> dict[str, float]:
    """`closer_than_held_out` over all rows of `trained`, and the numbers of pictures; `sheet` gets the nearest pairs in two rows."""
    found = memorisation(thumbnails(fakes), *(thumbnails(_batches(faces, rows)) for rows in (trained, held_out)))
    originals = torch.from_numpy(faces[trained[found.training]])
    save_sheet(torch.cat([fakes.pictures(found.fakes.tolist()), originals]), len(originals), sheet)
    return {"closer_than_held_out": found.share, "seen_samples": len(trained), "held_out_samples": len(held_out)}


def label_figures(
    fakes: Fakes, features: np.ndarray, reference: Reference, faces: Faces, attributes: Collection[str]
) -> dict[str, float | str]:
    """Metrics that need labels: shares of `attributes` and, for a conditional generator, hit rates and diversity.

    `not_judged` names those that could not be computed; a line on stderr gives each reason.
    """
    groups, condition = fakes.report.condition_groups, fakes.condition.numpy()
    unknown = dict.fromkeys((f"share_{name}" for name in attributes if name not in faces.table), "the pictures have no such attribute")
    attributes = [name for name in attributes if name in faces.table]
    conditions = [name for names in groups.values() for name in names]
    if not attributes and not conditions:
        return _report_missing({}, unknown)
    classifier = Classifier.fit(reference, faces.table, dict.fromkeys([*conditions, *attributes]))
    figures, missing = shares(classifier, attributes, features, reference.held_out)
    if groups:
        rates, unclear = condition_rates(classifier, groups, condition, features)
        figures, missing = figures | rates, missing | unclear
        fake, real = (diversity(condition, side) for side in (features, reference.scored))
        if fake is None or not real:
            missing["diversity_within"] = "no two different reals have the same conditions"
        else:
            figures["diversity_within"] = fake / real
        fake, real = (explained(condition, side) for side in (features, reference.scored))
        if fake is None or real is None:
            missing["explained"] = "all fakes, or all reals, are equal"
        else:
            figures |= {"explained": fake, "explained_real": real}
    return _report_missing(figures, unknown | missing)


def _report_missing(figures: dict[str, float], missing: dict[str, str]) -> dict[str, float | str]:
    for name, reason in missing.items():
        console.log(f"not judged: {name}: {reason}")
    return figures | ({"not_judged": ", ".join(missing)} if missing else {})
