"""Every score of a trained report: its fakes against its crop's reference, at the end of its training and on the way."""

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
from ganlib.fidelity.conditions import diversity, explained, obedience
from ganlib.fidelity.frechet import Statistics, frechet_distance
from ganlib.fidelity.inception import Inception
from ganlib.fidelity.kernel import kid
from ganlib.fidelity.memorisation import Memorisation, memorisation
from ganlib.fidelity.reference import BATCH, Reference
from ganlib.fidelity.shares import shares
from ganlib.fidelity.sharpness import sharpness
from ganlib.models import store
from ganlib.models.report import Report
from ganlib.support import progress
from ganlib.support.files import replacing
from ganlib.support.paths import Outputs

HEADLINE = (
    *("fid", "fid_low", "fid_high", "fid_floor"),
    *("kid", "kid_low", "kid_high", "kid_floor"),
    *("coverage", "closer_than_held_out"),
)
"""What a person compares of any report; its own `headline` figures come behind them."""


@dataclass(frozen=True, eq=False)
class Fakes:
    """A generator's pictures: one for each row of `condition` (N, K), the same each time, `size` pixels wide however large it draws."""

    generator: Module
    report: Report
    condition: Tensor
    size: int
    seed: int

    @classmethod
    def of(cls, path: Path, faces: Faces, rows: np.ndarray, seed: int) -> "Fakes":
        """Of a stored generator, made for the conditions of the real pictures `rows` of `faces`."""
        generator, report = store.load(path)
        conditions = torch.from_numpy(faces.conditions(report.condition_groups)[rows])
        return cls(generator, report, conditions, faces.pictures.shape[1], seed)

    def __iter__(self) -> Iterator[Tensor]:
        """Batches of (n, 3, S, S) uint8."""
        return (resized(to_uint8(pictures, self.report.pixel_range), self.size) for pictures in self.drawn())

    def drawn(self) -> Iterator[Tensor]:
        """The same as the generator draws them, in float32."""
        return store.generate(self.generator, self.report, self.condition, stream(self.seed, "scores"))

    def features(self, network: Inception, desc: str) -> np.ndarray:
        """(N, D) float32."""
        self.generator.to(next(network.buffers()).device)
        return inception.features(network, self, desc, len(self.condition))

    def pictures(self, rows: list[int]) -> Tensor:
        """(n, 3, S, S) uint8, some of them, made again: all of them together may be more than memory holds."""
        wanted, start = {}, 0
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
) -> dict[str, float | str]:
    """The figures of the generator that a run ended with, from as many fakes as `reference` has scored reals, whose `statistics` these are.

    `faces` holds every picture of the reference's crop, to whose size larger and smaller fakes are brought, and `trained` those that were
    trained on; each fake is made for the conditions of one scored real. `attributes` are those whose shares are told.
    `folder` gets scores.csv, the FID and KID of every generator that the run kept, and closest.png: the ten fakes nearest to a picture
    that training saw, and below each that picture.
    """
    real, curve = reference.scored, []

    def generate(path: Path, step: int) -> tuple[Fakes, np.ndarray]:
        fakes = Fakes.of(path, faces, reference.scored_rows, seed)
        return fakes, fakes.features(network, f"features of fakes, step {step}")

    *earlier, (last, path) = generators_of(outputs)
    for step, snapshot in earlier:
        _, fake = generate(snapshot, step)
        curve.append({"step": step, "fid": frechet_distance(statistics, Statistics.of(fake)), "kid": kid(real, fake, seed=seed)[0]})
        del fake  # before the next ones are made
    fakes, fake = generate(path, last)
    figures: dict[str, float | str] = scores.compare(real, fake, scores.METRICS, seed=seed)
    curve.append({"step": last, "fid": figures["fid"], "kid": figures["kid"]})
    with replacing(folder / "scores.csv") as target:
        pd.DataFrame(curve).to_csv(target, index=False, float_format="%.6g")

    if (second := reference.second) is not None:
        figures |= scores.floor(real, second, scores.METRICS, seed=seed)
    figures |= pixel_figures(fakes, faces, reference.scored_rows)
    if len(reference.held_out):
        seen, rows = reference.seen, reference.seen_rows
        if fakes.report.train_images:  # few enough to be searched, all of them; most of the split's would be new to this generator
            rows = trained.rows
            seen = inception.features(network, _batches(faces, rows), "features of the pictures trained on", len(rows))
        found = memorisation(fake, seen, reference.held_out)
        figures |= {"closer_than_held_out": found.share, "seen_samples": len(seen), "held_out_samples": len(reference.held_out)}
        save_closest(found, fakes, faces, rows, folder / "closest.png")
    return figures | label_figures(fakes, fake, reference, faces, attributes)


def generators_of(outputs: Outputs) -> list[tuple[int, Path]]:
    """The steps at which a run kept its generator and their files, the last one last."""
    snapshots = [(int(path.stem), path) for path in sorted((outputs.run / "snapshots").glob("*.safetensors"))]
    return [*snapshots, (final_metrics(outputs.progress / "log.csv")["step"], outputs.run / "generator.safetensors")]


def pixel_figures(fakes: Fakes, faces: Faces, rows: np.ndarray) -> dict[str, float]:
    """`fakes_out_of_range`: the share of their values outside the pixel range, before they are clipped to it; `sharpness`: theirs as a
    share of that of the reals `rows`, which has none where these are of one colour each.
    """
    low, high = fakes.report.pixel_range
    outside = [((pictures < low) | (pictures > high)).float().mean(dim=(1, 2, 3)) for pictures in fakes.drawn()]
    figures = {"fakes_out_of_range": float(torch.cat(outside).mean())}
    if real := sharpness(map(torch.from_numpy, _batches(faces, rows))):
        figures["sharpness"] = sharpness(fakes) / real
    return figures


def _batches(faces: Faces, rows: np.ndarray) -> Iterator[np.ndarray]:
    """Those of `rows`, (n, 3, S, S) uint8."""
    return (faces[rows[start : start + BATCH]] for start in range(0, len(rows), BATCH))


def label_figures(
    fakes: Fakes, features: np.ndarray, reference: Reference, faces: Faces, attributes: Collection[str]
) -> dict[str, float | str]:
    """What is judged by the pictures' labels: shares of `attributes`, and of a generator with conditions obedience and diversity.

    `not_judged` names those that could not be taken, and a line on stderr says why.
    """
    groups, made_for = fakes.report.condition_groups, fakes.condition.numpy()
    unknown = dict.fromkeys((f"share_{name}" for name in attributes if name not in faces.table), "the pictures have no such attribute")
    attributes = [name for name in attributes if name in faces.table]
    conditions = [name for names in groups.values() for name in names]
    if not attributes and not conditions:
        return _noted({}, unknown)
    classifier = Classifier.fit(reference, faces.table, dict.fromkeys([*conditions, *attributes]))
    figures, missing = shares(classifier, attributes, features, reference.held_out)
    if groups:
        obeyed, unclear = obedience(classifier, groups, made_for, features)
        figures, missing = figures | obeyed, missing | unclear
        if (within := diversity(made_for, features)) is None:
            missing["diversity_within"] = "no two pictures were made for the same conditions"
        else:
            figures["diversity_within"] = within / diversity(made_for, reference.scored)
        if (share := explained(made_for, features)) is None:
            missing["explained"] = "all fakes are the same"
        else:
            figures |= {"explained": share, "explained_real": explained(made_for, reference.scored)}
    return _noted(figures, unknown | missing)


def _noted(figures: dict[str, float], missing: dict[str, str]) -> dict[str, float | str]:
    for name, reason in missing.items():
        progress.log(f"not judged: {name}: {reason}")
    return figures | ({"not_judged": ", ".join(missing)} if missing else {})


def save_closest(found: Memorisation, fakes: Fakes, faces: Faces, rows: np.ndarray, path: Path) -> None:
    """The closest pairs as a sheet of two rows."""
    above = fakes.pictures([pair.fake for pair in found.closest])
    below = torch.from_numpy(faces[rows[[pair.training for pair in found.closest]]])
    save_sheet(torch.cat([above, below]), len(above), path)
