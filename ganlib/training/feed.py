"""Which pictures and which noise each step gets."""

import torch

from ganlib import latent
from ganlib.data.faces import Faces
from ganlib.errors import UserError
from ganlib.objectives.objective import Batch
from ganlib.pictures import to_float
from ganlib.system import Report


class Feed:
    """Batches without end, straight from the cache: by a new permutation each epoch, or drawn with replacement where the report does."""

    def __init__(self, report: Report, faces: Faces, device: torch.device, rng: torch.Generator) -> None:
        if len(faces) < report.reals_per_step:
            raise UserError(
                f"params.yaml: batch_size: a step takes {report.reals_per_step} real pictures, and the split holds {len(faces)}"
            )
        self.report = report
        self.faces = faces
        self.device = device
        self.rng = rng
        self.conditions = torch.from_numpy(faces.conditions(report.conditions))
        self.permutation = torch.empty(0, dtype=torch.int64)
        self.cursor = 0

    @property
    def steps_per_epoch(self) -> int:
        """The short batch at an epoch's end is dropped."""
        return self.report.epoch_steps or len(self.faces) // self.report.reals_per_step

    def next(self, *, shares_fakes: bool) -> Batch:
        """The next step's batch on the device; where fakes are shared, z_g is z_d."""
        report = self.report
        rows = self._rows(report.reals_per_step)
        pictures = torch.from_numpy(self.faces[rows.numpy()]).to(self.device)
        z_d = self._z(report.reals_per_step)
        return Batch(
            real=to_float(pictures, report.pixel_range).contiguous(memory_format=torch.channels_last),
            condition=(self.conditions[rows].to(self.device),) if report.conditions else (),
            z_d=z_d,
            z_g=z_d if shares_fakes else self._z(report.batch_size),
        )

    def state_dict(self) -> dict[str, torch.Tensor | int]:
        """The place in the epoch, and in the random numbers of all who draw from `rng`."""
        return {"permutation": self.permutation, "cursor": self.cursor, "rng": self.rng.get_state()}

    def load_state_dict(self, state: dict[str, torch.Tensor | int]) -> None:
        self.permutation, self.cursor = state["permutation"], state["cursor"]
        self.rng.set_state(state["rng"])

    def _z(self, count: int) -> torch.Tensor:
        return latent.sample(self.report.latent, count, self.report.latent_size, self.rng).to(self.device)

    def _rows(self, count: int) -> torch.Tensor:
        if self.report.replacement:
            return torch.randint(len(self.faces), (count,), generator=self.rng)
        if self.cursor + count > len(self.permutation):
            self.permutation, self.cursor = torch.randperm(len(self.faces), generator=self.rng), 0
        self.cursor += count
        return self.permutation[self.cursor - count : self.cursor]
