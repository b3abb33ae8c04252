import pytest
import torch

from ganlib import params
from ganlib.data.faces import Faces
from ganlib.data.shards import LIMIT
from ganlib.training.feed import Mapped, Resident
from tests.data import archive


@pytest.mark.parametrize("kind", [Mapped, Resident])
def test_pictures_from_shards_are_those_of_one_file_in_any_order(tmp_path, kind):
    raw = archive.write(tmp_path / "raw", [archive.jpeg(archive.picture(3 * i)) for i in range(70)])
    batches = []
    for limit in (LIMIT, archive.shards_of(20, 64)):
        archive.prepare(raw, params.load().crop("wide64"), tmp_path / str(limit), limit=limit)
        pictures = kind(Faces.open(tmp_path / str(limit), "train"), torch.device("cpu"))
        order = torch.randperm(24, generator=torch.Generator().manual_seed(0))
        batches.append([pictures.batch(rows) for rows in (order, order[:5], torch.tensor([7, 7, 0, 23]), torch.arange(8, 12))])
    for one, many in zip(*batches, strict=True):
        assert torch.equal(one, many)
        assert one.stride() == many.stride()
