import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from ganlib import params
from ganlib.core import random
from ganlib.core.random import Streams, stream
from ganlib.data.faces import Faces
from ganlib.support.errors import UserError
from ganlib.training.feed import Feed, Mapped, Resident, pictures_for
from tests.data import archive
from tests.training import small


def feed(tmp_path, name: str, **changes: object) -> Feed:
    report = small.report(name, **changes)
    return Feed(report, small.small_faces(tmp_path / "raw", report, 14), torch.device("cpu"), Streams(0))


def rows_seen(feed: Feed, steps: int) -> list[list[int]]:
    return [feed._rows(feed.report.reals_per_step).tolist() for _ in range(steps)]


def test_epoch_shows_each_picture_once_and_drops_the_short_batch(tmp_path):
    some = feed(tmp_path, "dcgan64")
    assert some.steps_per_epoch == 3
    first, second = ([row for rows in rows_seen(some, 3) for row in rows] for _ in range(2))
    assert len(set(first)) == len(set(second)) == 12
    assert first != second


def test_order_depends_on_seed_and_epoch_alone_and_noise_has_its_own_stream(tmp_path):
    report = small.report("dcgan64")
    some = Feed(report, small.small_faces(tmp_path / "raw", report, 14), torch.device("cpu"), Streams(9))
    for epoch in range(2):
        order = [row for rows in rows_seen(some, 3) for row in rows]
        assert order == torch.randperm(14, generator=stream(9, "order", epoch))[:12].tolist()
    assert torch.equal(some.next().noise(5), random.sample_latent("gaussian", 5, 100, stream(9, "noise")))


def test_epoch_has_a_step_for_each_batch_however_many_batches_a_step_takes():
    for report in (small.report("dcgan64", batch_size=4, d_steps=3), small.report("wgan64", batch_size=4, critic_steps=3)):
        assert [report.steps_per_epoch(count) for count in (11, 12, 14, 19)] == [0, 3, 3, 4]
    assert small.report("dense64", batch_size=28, epoch_steps=None).steps_per_epoch(29) == 2
    assert [small.report("dense64", batch_size=28).steps_per_epoch(count) for count in (13, 14)] == [0, 200]


def test_replacement_draws_pictures_twice_and_an_epoch_is_as_long_as_stated(tmp_path):
    some = feed(tmp_path, "dense64", batch_size=28)
    assert some.steps_per_epoch == 200
    assert len(set(rows_seen(some, 1)[0])) < 14


def test_dense64_gets_half_a_batch_of_reals(tmp_path):
    assert len(feed(tmp_path, "dense64", batch_size=8).next().real) == 4


def test_noise_is_new_at_each_call_and_of_the_reports_kind(tmp_path):
    checks = {"uniform": lambda z: z.abs().max() <= 1, "spherical": lambda z: torch.allclose(z.norm(dim=1), torch.tensor(10.0))}
    for kind, check in checks.items():
        batch = feed(tmp_path / kind, "dcgan64", latent=kind).next()
        first, second = batch.noise(50), batch.noise(50)
        assert first.shape == (50, 100)
        assert check(first)
        assert not torch.equal(first, second)


@pytest.mark.parametrize("replacement", [False, True])
def test_order_of_the_pictures_depends_on_neither_batch_size_nor_latent(tmp_path, replacement):
    changes = {"replacement": replacement, "epoch_steps": 6 if replacement else None}
    whole = [row for rows in rows_seen(feed(tmp_path / "a", "dcgan64", **changes), 3) for row in rows]
    other = feed(tmp_path / "b", "dcgan64", batch_size=2, latent="uniform", **changes)
    in_pairs = []
    for _ in range(6):
        in_pairs += rows_seen(other, 1)[0]
        other._noise(3)
    assert in_pairs == whole


def test_feed_resumes_from_epoch_and_cursor(tmp_path):
    some, other = (feed(tmp_path / name, "dcgan64") for name in "ab")
    rows_seen(some, 4)
    assert some.state_dict() == {"epoch": 1, "cursor": 4}
    other.load_state_dict(some.state_dict())
    assert rows_seen(other, 5) == rows_seen(some, 5)


def test_pictures_come_in_the_reports_pixel_range(tmp_path):
    for name, low in (("dcgan64", -1.0), ("dense64", 0.0)):
        real = feed(tmp_path / name, name).next().real
        assert low <= real.min() < low + 0.1
        assert 0.9 < real.max() <= 1.0


def test_conditions_belong_to_their_pictures(tmp_path):
    some = feed(tmp_path, "began64")
    batch = some.next()
    blue = (batch.real[:, 2].mean(dim=(1, 2)) * 255 / 5).round().long()  # the picture's number
    assert torch.equal(batch.condition[0][:, 0], 1 - blue % 2)  # even ones have black hair, the first of the colours


def test_batch_has_the_pictures_of_the_split(tmp_path):
    raw = archive.write(tmp_path / "raw", [archive.jpeg(archive.picture(5 * i)) for i in range(14)])
    archive.prepare(raw, params.load().crop("wide64"), tmp_path / "faces")
    faces, rows = Faces.open(tmp_path / "faces", "test"), torch.tensor([3, 0, 1, 3])  # pictures 2, 5, 8 and 11
    mapped = pictures_for(faces, torch.device("cpu"))
    assert isinstance(mapped, Mapped)
    found = mapped.batch(rows)
    assert [round(picture[2].float().mean().item() / 5) for picture in found] == [11, 2, 5, 11]
    assert torch.equal(found, torch.from_numpy(faces[rows.numpy()]))
    assert torch.equal(found, Resident(faces, torch.device("cpu")).batch(rows))


@pytest.mark.parametrize(("free", "kind"), [(2 * 14 * 3 * 64 * 64, Resident), (2 * 14 * 3 * 64 * 64 - 2, Mapped)])
def test_pictures_stay_on_a_gpu_that_has_twice_the_room_for_them(tmp_path, monkeypatch, free, kind):
    faces = small.small_faces(tmp_path, small.report("dcgan64"), 14)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (free, 10 * free))
    with FakeTensorMode():
        assert isinstance(pictures_for(faces, torch.device("cuda")), kind)


def test_pictures_are_channels_last(tmp_path):
    assert feed(tmp_path, "dcgan64").next().real.is_contiguous(memory_format=torch.channels_last)


def test_fewer_pictures_than_a_batch_is_one_line(tmp_path):
    with pytest.raises(UserError, match="a step takes 64 real pictures, and the split has 14"):
        feed(tmp_path, "dcgan64", batch_size=64)
