"""What the first minutes on a GPU are for: `python -m benchmarks.gpu --minutes 13 --out FOLDER --data CELEBA [PART ...]`.

First the checks, in the order of their worth: are results right, how fast is a step, are equal runs equal, and what other choices would
cost. Then, for two thirds of the time, every report and baseline at full width on the pictures of --data, each for its share. Needs no
network, no Inception weights, no DVC; --data is a folder in CelebA's layout, 5,000 of whose pictures are enough.

Every row is written to FOLDER/gpu.json as it is measured. A row that fails is a row with an error, and one for which no time is left is
named; both are tried again by the next run with the same FOLDER. A training leaves FOLDER/<report> with its sheets, its log, its generator
and fakes.zip, for `ganlib score FOLDER/<report>/fakes.zip REALS` elsewhere. Without a GPU everything runs on the CPU at a tiny scale, which
tests the code and says nothing about speed.
"""

import argparse
import io
import json
import os
import platform
import shutil
import subprocess
import tempfile
import time
import traceback
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from benchmarks import flops, reports
from ganlib import params
from ganlib.core.device import device, prepare_device
from ganlib.core.random import Streams
from ganlib.data import cache as crops
from ganlib.data import celeba
from ganlib.data.archive import Archive
from ganlib.data.faces import Faces
from ganlib.fidelity import inception
from ganlib.fidelity.evaluation import Fakes
from ganlib.fidelity.frechet import Statistics, frechet_distance
from ganlib.fidelity.intervals import fid_interval, kid_interval, mind_interval
from ganlib.fidelity.kernel import kid
from ganlib.fidelity.manifold import manifold
from ganlib.fidelity.memorisation import memorisation
from ganlib.fidelity.weights import Layer, layer_names
from ganlib.models.objective import Batch
from ganlib.models.report import Report
from ganlib.support.errors import TrainingInterruptedError, UserError, exit_on_user_error
from ganlib.support.files import replacing
from ganlib.support.paths import Outputs
from ganlib.training import loop
from ganlib.training.feed import Feed
from ganlib.training.trainer import Trainer

CPU = torch.device("cpu")
ON_GPU = torch.cuda.is_available()
PRECISIONS = ("tf32", "bf16", "fp32")
NARROW = {"width": 0.25, "batch_size": 16} if ON_GPU else {"width": 0.03, "batch_size": 8}  # where results, not speeds, are compared
FULL = {} if ON_GPU else NARROW
STEPS = 30 if ON_GPU else 2
SCORED = 50_000 if ON_GPU else 64
PICTURES = 2048 if ON_GPU else 8  # that pass through Inception
FAKES = 500 if ON_GPU else 8
# Tolerance of losses and gradients against float64, relative to their norm. Adam's first step follows only the sign of the gradient, which
# in bf16 changes G's gradient by half of its norm on a CPU too: only its direction is checked. A ReLU whose input is 0 but for the last
# digit changes a narrow net's gradient by up to a hundredth.
ALLOWED = {"fp32": (1e-4, 2e-2), "tf32": (1e-2, 1e-1), "bf16": (0.2, 1.0)}

# Shares of the time for training. On a fast card dense64 to dcgan56 take as many steps as on all of CelebA within theirs.
SHARES = {
    "dense64": 0.03,
    "dcgan64": 0.09,
    "lsgan64": 0.07,
    "vae64": 0.11,
    "dcgan56": 0.25,
    "wgan64": 0.04,
    "sngan64": 0.06,
    "r3gan64": 0.07,
    "dcgan112": 0.11,
    "began64": 0.17,
}
TRAINING = 2 / 3  # of the minutes, unless only checks are asked for
OVERHEAD = 5.0  # seconds of a training's start, and again of its fakes
LOSSES = ("loss", "elbo")  # endings of the names of losses
NAMES = ("dcgan64", "began64", "dcgan112", "dcgan56", "dense64", "vae64", "lsgan64", "wgan64", "sngan64", "r3gan64")
PARTS = ("rates", "parity", "speed", "equal", "inception", "scores", "kernels", "compile", "train")

Row = dict[str, object]
Check = tuple[str, float, Callable[[], Row]]  # label, of which the first word is the part; seconds that it may take on a GPU; the work


@dataclass
class Training:
    """A trainer and its feed."""

    trainer: Trainer
    feed: Feed
    streams: Streams
    place: torch.device
    contiguous: bool

    @classmethod
    def of(cls, report: Report, place: torch.device, *, contiguous: bool = False) -> "Training":
        """On random pictures; `contiguous`: with nets and pictures in the layout NCHW."""
        prepare_device(report.precision)
        torch.manual_seed(1)
        streams = Streams(1)
        trainer = Trainer(report, place, streams)
        if contiguous:
            for module in trainer.modules.values():
                module.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]  # not in torch's stub
        return cls(trainer, Feed(report, reports.faces(report, 4 * report.reals_per_step), place, streams), streams, place, contiguous)

    def steps(self, count: int) -> None:
        for _ in range(count):
            batch = self.feed.next()
            self.trainer.step(replace(batch, real=batch.real.contiguous()) if self.contiguous else batch)

    def speed(self) -> Row:
        """Milliseconds of a step, and of the host in it: if they are equal, the GPU waits for launches."""
        self.steps(max(3, STEPS // 3))
        begun = now(self.place)
        if ON_GPU:
            torch.cuda.reset_peak_memory_stats()
        self.steps(STEPS)
        queued = time.perf_counter() - begun
        row = {"ms": 1e3 * (now(self.place) - begun) / STEPS, "host_ms": 1e3 * queued / STEPS}
        return row | ({"peak_gb": torch.cuda.max_memory_allocated() / 1e9} if ON_GPU else {})

    def weights(self) -> dict[str, Tensor]:
        return {
            f"{name} {key}": t.detach().cpu().clone() for name, net in self.trainer.modules.items() for key, t in net.state_dict().items()
        }

    def parts(self) -> dict[str, Trainer | Feed | Streams]:
        return {"streams": self.streams, "trainer": self.trainer, "feed": self.feed}


def now(place: torch.device) -> float:
    """The time in seconds, after synchronising with the device."""
    if place.type == "cuda":
        torch.cuda.synchronize(place)
    return time.perf_counter()


def checks(place: torch.device) -> Iterator[Check]:
    """All parts but the trainings."""
    yield "rates", 5, lambda: rates(place)
    for precision in PRECISIONS:
        for name in NAMES:
            yield f"parity {name} {precision}", 8, partial(parity, name, precision, place)
        for name in NAMES:
            yield f"speed {name} {precision}", 5, partial(speed, name, precision, place)
        for name in NAMES if precision == "tf32" else ():
            yield f"equal {name} {precision}", 8, partial(equal, name, precision, place)
    for way in ("channels-last", "contiguous", *(["fused"] if ON_GPU else [])):
        yield f"inception {way}", 15, partial(through_inception, way, place)
    for score in SCORES:
        yield f"scores {score}", 25, partial(seconds_of, score)
    for name in ("dcgan64", "began64", "dcgan112"):
        yield f"kernels any {name} tf32", 8, partial(with_any_kernel, name, place)
        for precision in ("fp32", "tf32"):
            yield f"kernels contiguous {name} {precision}", 6, partial(speed, name, precision, place, contiguous=True)
    for name in ("began64", "dcgan56") if ON_GPU else ():
        yield f"compile {name} bf16", 90, partial(compiled, name, place)


def rates(place: torch.device) -> Row:
    """TFLOP/s of a large product at each precision, and TB/s of a copy: what docs/gpu.md assumes."""
    size = 8192 if ON_GPU else 128
    found: Row = {}
    for precision in PRECISIONS:
        prepare_device("fp32" if precision == "bf16" else precision)
        one = torch.randn(size, size, device=place, dtype=torch.bfloat16 if precision == "bf16" else torch.float32)
        found[f"{precision}_tflops"] = 2 * size**3 / _seconds(lambda one=one: one @ one, place) / 1e12
    found["tb_per_second"] = 2 * one.nbytes / _seconds(one.clone, place) / 1e12
    return found


def _seconds(work: Callable[[], object], place: torch.device) -> float:
    work()
    begun = now(place)
    for _ in range(10):
        work()
    return (now(place) - begun) / 10


def parity(name: str, precision: str, place: torch.device) -> Row:
    """One step of a narrow net on the device against float64 on the CPU."""
    losses, gradients = furthest(first_step(without_chance(name, precision), place), in_float64(name))
    good = losses <= ALLOWED[precision][0] and gradients <= ALLOWED[precision][1]
    return {"losses": losses, "gradients": gradients, "good": good}


def without_chance(name: str, precision: str) -> Report:
    """A narrow report without dropout, whose masks differ between devices."""
    return reports.full(name, **NARROW, dropout=0.0, d_dropout=0.0, precision=precision)


@cache
def in_float64(name: str) -> dict[str, Tensor]:
    """The first step on the CPU."""
    return first_step(without_chance(name, "fp32"), CPU, double=True)


def first_step(report: Report, place: torch.device, double: bool = False) -> dict[str, Tensor]:
    """The losses and each net's gradient, as one row, of a first step; `double`: in float64. Random numbers are the same everywhere."""
    prepare_device(report.precision)
    streams = Streams(1)
    trainer = Trainer(report, place, streams)
    batch = Feed(report, reports.faces(report, report.reals_per_step), place, streams).next()
    if double:
        for module in trainer.modules.values():
            module.double()
        noise = batch.noise
        batch = Batch(batch.real.double(), batch.condition, lambda count: noise(count).double())
    found = {name: loss for name, loss in trainer.step(batch).items() if name.endswith(LOSSES)}
    for name, module in trainer.modules.items():
        found[name] = torch.cat([weight.grad.flatten() for weight in module.parameters() if weight.grad is not None])
    return {name: tensor.double().cpu() for name, tensor in found.items()}


def furthest(found: dict[str, Tensor], expected: dict[str, Tensor]) -> tuple[float, float]:
    """The largest error of a loss, relative to the largest loss, since sngan64's G begins near 0, and of a net's gradient.

    Not of single weights: where a loss has corners, as BEGAN's absolute values, a last digit turns a pixel's gradient about.
    """
    largest = max(true.norm() for name, true in expected.items() if name.endswith(LOSSES))
    shares = {
        name: float((found[name] - true).norm() / (largest if name.endswith(LOSSES) else true.norm())) for name, true in expected.items()
    }
    return tuple(max(share for name, share in shares.items() if name.endswith(LOSSES) == losses) for losses in (True, False))


def speed(name: str, precision: str, place: torch.device, **how: bool) -> Row:
    """Steps of a report with its own settings."""
    report = reports.full(name, **FULL, precision=precision)
    found = Training.of(report, place, **how).speed()
    return {**found, "pictures_per_second": report.reals_per_step / found["ms"] * 1e3}


def equal(name: str, precision: str, place: torch.device) -> Row:
    """The same steps twice; half of them and, after a save and a load, the rest in another trainer; and one step that may not wait."""
    report = reports.full(name, **NARROW, precision=precision)
    half = STEPS // 2

    def trained(steps: int) -> Training:
        training = Training.of(report, place)
        training.steps(steps)
        return training

    first, second, cut = trained(2 * half).weights(), trained(2 * half).weights(), trained(half)
    buffer = io.BytesIO()
    torch.save({key: part.state_dict() for key, part in cut.parts().items()}, buffer)
    buffer.seek(0)
    states = torch.load(buffer, map_location="cpu", weights_only=True)
    resumed = Training.of(report, place)
    for key, part in resumed.parts().items():
        part.load_state_dict(states[key])
    resumed.steps(half)
    found = {"twice": _same(first, second), "resumed": _same(first, resumed.weights())}
    if ON_GPU:
        torch.cuda.set_sync_debug_mode("error")
        try:
            resumed.steps(1)
        finally:
            torch.cuda.set_sync_debug_mode("default")
    return {**found, "good": all(found.values())}


def _same(first: dict[str, Tensor], second: dict[str, Tensor]) -> bool:
    return all(torch.equal(first[key], second[key]) for key in first)


def through_inception(way: str, place: torch.device) -> Row:
    """Pictures per second, and how far features are from the CPU's. Random weights: neither depends on them, and the true ones are large.

    `fused`: bias and ReLU inside of cuDNN's convolution. torch asks for that without its deterministic flag, so ganlib does not.
    """
    network = inception.Inception(random_layers(), "pytorch-fid")
    pictures = torch.randint(0, 256, (PICTURES, 3, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    expected = inception.features(network, pictures[:8], "on the CPU")
    network.to(place)
    plain = inception.Convolution.forward
    if way == "contiguous":
        network.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]  # not in torch's stub
        network.forward = torch.inference_mode()(lambda *parts: network.network(torch.cat([network.prepare(part) for part in parts])))
    elif way == "fused":
        inception.Convolution.forward = _fused
    try:
        found = inception.features(network, pictures[:8], "on the device")
        begun = now(place)
        inception.features(network, pictures, way)
        rate = PICTURES / (now(place) - begun)
    finally:
        inception.Convolution.forward = plain
    apart = float(abs(found - expected).max() / abs(expected).max())
    return {"pictures_per_second": rate, "furthest": apart, "good": apart <= 1e-4}


def _fused(layer: inception.Convolution, x: Tensor) -> Tensor:
    padding = [side // 2 if layer.padding == "same" else 0 for side in layer.weight.shape[2:]]
    return torch.cudnn_convolution_relu(x, layer.weight, layer.bias, [layer.stride] * 2, padding, [1, 1], 1)


def random_layers() -> list[Layer]:
    """Inception's 94 layers with weights of the initialization for ReLU."""
    from torchvision.models import inception_v3

    rng = torch.Generator().manual_seed(1)
    with torch.device("meta"):
        state = inception_v3(weights=None, aux_logits=False, init_weights=False).state_dict()
    layers = []
    for name in layer_names():
        out, *rest = state[f"{name}.conv.weight"].shape
        weight = torch.randn(out, *rest, generator=rng) * (2 / np.prod(rest)) ** 0.5
        layers.append(Layer(weight.flatten(), torch.zeros(out), torch.zeros(out), torch.ones(out)))
    return layers


@cache
def drawn_features() -> list[np.ndarray]:
    """Features of SCORED reals, fakes and held-out pictures, half of them 0 like Inception's."""
    rng = torch.Generator().manual_seed(1)
    return [torch.randn(SCORED, inception.DIMENSIONS, generator=rng).relu_().numpy() for _ in range(3)]


SCORES: dict[str, Callable[[np.ndarray, np.ndarray, np.ndarray], object]] = {
    "FID's interval": lambda real, fake, _: fid_interval(real, fake),
    "precision, recall, density, coverage": lambda real, fake, _: manifold(real, fake),
    "nearest pictures": lambda real, fake, held_out: memorisation(fake, real, held_out),
    "KID and its interval": lambda real, fake, _: (kid(real, fake), kid_interval(real, fake)),
    "FID": lambda real, fake, _: frechet_distance(Statistics.of(real), Statistics.of(fake)),
    "MIND and its interval": lambda real, fake, _: mind_interval(real, fake),
}


def seconds_of(score: str) -> Row:
    """Of a score of SCORED a side, as the stage `evaluate` computes it."""
    prepare_device("fp32")
    torch.use_deterministic_algorithms(False)  # that stage does not ask for them
    features = drawn_features()
    begun = time.perf_counter()
    SCORES[score](*features)
    return {"seconds": time.perf_counter() - begun}


def with_any_kernel(name: str, place: torch.device) -> Row:
    """Steps for which cuDNN chooses the fastest kernels, deterministic or not."""
    training = Training.of(reports.full(name, **FULL, precision="tf32"), place)
    torch.use_deterministic_algorithms(False)
    torch.backends.cudnn.benchmark = True
    try:
        return training.speed()
    finally:
        torch.backends.cudnn.benchmark = False


def compiled(name: str, place: torch.device) -> Row:
    """torch.compile: seconds of the first step, and then its speed."""
    training = Training.of(reports.full(name, **FULL, precision="bf16", compile=True), place)
    begun = now(place)
    training.steps(1)
    return {"first_seconds": now(place) - begun, **training.speed()}


def trainings(data: Path, out: Path, place: torch.device, left: Callable[[], float]) -> Iterator[Check]:
    """Crop the pictures of `data`, then train each report for its share of the seconds that are left."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        yield "train: crops", 5, partial(crop, data, work)
        names = list(SHARES)
        for number, name in enumerate(names):
            rest = names[number:]
            seconds = (left() - 2 * OVERHEAD * len(rest)) * SHARES[name] / sum(SHARES[other] for other in rest)
            yield f"train {name}", 2 * OVERHEAD, partial(train, name, out / name, work, place, seconds)


def crop(data: Path, work: Path) -> Row:
    """Every crop of the pictures in `data`, a folder in CelebA's layout."""
    found: Row = {}
    with Archive(data / celeba.ARCHIVE) as pictures:
        raw = celeba.read(pictures, data)
        for name, box in params.load().crops.items():
            crops.build(raw, box, box.size, None if ON_GPU else 64, 0, work / name)
            found[name] = len(Faces.open(work / name, "all"))
    return found


def train(name: str, out: Path, work: Path, place: torch.device, seconds: float) -> Row:
    """As many steps as fit into `seconds`, or as the report takes on CelebA; then its fakes, with the conditions of the first pictures."""
    until = time.monotonic() + seconds
    report = reports.full(name, **FULL)
    faces = Faces.open(work / report.crop, "all")
    step = float(Training.of(report, place).speed()["ms"]) / 1e3
    wanted = flops.steps(report) if ON_GPU else 4
    steps = max(1, min(wanted, int(0.9 * (until - time.monotonic()) / step)))
    report = report.model_copy(update={"epochs": 10**6, "max_steps": steps, "sample_every": max(1, steps // 4), "snapshots": None})
    shutil.rmtree(out, ignore_errors=True)
    outputs = Outputs.below(out)
    begun = time.monotonic()
    loop.train(name, report, faces, outputs, work / "checkpoints", seed=1, log_every=max(1, steps // 200))
    took = time.monotonic() - begun
    fakes = Fakes.of(outputs.run / "generator.safetensors", faces, np.arange(FAKES) % len(faces), seed=1)
    fakes.generator.to(place)
    with zipfile.ZipFile(out / "fakes.zip", "w") as target:
        number = 0
        for batch in fakes:
            for picture in batch.permute(0, 2, 3, 1).cpu().numpy():
                buffer = io.BytesIO()
                Image.fromarray(picture).save(buffer, "PNG")
                target.writestr(f"{number:05d}.png", buffer.getvalue())
                number += 1
    header, *_, last = (outputs.progress / "log.csv").read_text(encoding="utf-8").splitlines()
    losses = dict(zip(header.split(","), last.split(","), strict=True))
    return {"steps": steps, "of": wanted, "seconds": took, "pictures_per_second": steps * report.reals_per_step / took, "last": losses}


def machine(place: torch.device) -> Row:
    """The machine that is measured."""
    asked = ["nvidia-smi", "--query-gpu=name,driver_version,power.limit,memory.total", "--format=csv,noheader"]
    card = subprocess.run(asked, capture_output=True, text=True).stdout.strip() if ON_GPU and shutil.which("nvidia-smi") else ""
    name = torch.cuda.get_device_name(place) if ON_GPU else platform.processor() or platform.machine()
    versions = {"torch": torch.__version__, "cudnn": torch.backends.cudnn.version(), "python": platform.python_version()}
    return {"device": card or name, **versions, "cores": os.cpu_count()}


class Record:
    """The rows of FOLDER/gpu.json, written one by one."""

    def __init__(self, path: Path, machine: Row) -> None:
        stored = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"machine": machine, "rows": {}}
        if stored["machine"] != machine:
            raise UserError(f"{path}: is of another machine, {stored['machine']}: name another folder with --out")
        self.path, self.machine = path, machine
        self.rows: dict[str, Row] = {key: row for key, row in stored["rows"].items() if not {"error", "left_out"} & row.keys()}

    def add(self, label: str, seconds: float, left: float, work: Callable[[], Row]) -> None:
        """Measure a row unless there is one, or name it if its `seconds` are more than those that are `left`."""
        if label in self.rows:
            return
        if left < seconds:
            row: Row = {"left_out": f"{max(0, left):.0f} s left"}
        else:
            begun = time.monotonic()
            try:
                row = work()
            except TrainingInterruptedError:
                raise
            except Exception as error:  # noqa: BLE001 (whatever it is, the other rows are still worth having)
                row = {"error": f"{type(error).__name__}: {' '.join(str(error).split())[:300]}", "at": _place_of(error)}
            row["took"] = time.monotonic() - begun
            if ON_GPU:
                torch.cuda.empty_cache()
        self.rows[label] = row
        with replacing(self.path) as target:
            target.write_text(json.dumps({"machine": self.machine, "rows": self.rows}, indent=1) + "\n", encoding="utf-8")
        print(f"{label:42} " + "  ".join(f"{name} {_shown(value)}" for name, value in row.items()), flush=True)


def _place_of(error: Exception) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{last.filename}:{last.lineno}"


def _shown(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def measure(parts: list[str], minutes: float, out: Path, data: Path | None) -> None:
    """Measure the rows of `parts` for `minutes`; a UserError names those that failed or differ."""
    begun = time.monotonic()
    place = device()
    out.mkdir(parents=True, exist_ok=True)
    record = Record(out / "gpu.json", machine(place))
    print(json.dumps(record.machine), flush=True)

    def left(share: float = 1.0) -> float:
        return begun + 60 * minutes * share - time.monotonic()

    share = 1 - TRAINING if data and "train" in parts and len(parts) > 1 else 1.0
    for label, seconds, work in checks(place):
        if label.split()[0] in parts:
            record.add(label, seconds if ON_GPU else 0, left(share), work)
    if data and "train" in parts:
        for label, seconds, work in trainings(data, out, place, left):
            record.add(label, seconds if ON_GPU else 0, left(), work)
    elif "train" in parts:
        print("train: left out, since --data names no folder with CelebA's pictures")
    missing = [label for label, row in record.rows.items() if "left_out" in row]
    failed = [label for label, row in record.rows.items() if "error" in row or row.get("good") is False]
    print(f"{left():.0f} s are left; {len(missing)} rows had no time" + (f": {', '.join(missing)}" if missing else ""))
    if failed:
        raise UserError(f"{record.path}: {len(failed)} rows failed or differ: {', '.join(failed)}")


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all by default")
    parser.add_argument("--minutes", type=float, default=13, help="when to end; default 13, and 4 give the most important rows")
    parser.add_argument("--out", type=Path, default=Path("gpu"), help="the folder of gpu.json and the trainings")
    parser.add_argument("--data", type=Path, help="a folder in CelebA's layout to train on")
    options = parser.parse_args()
    with exit_on_user_error():
        if unknown := [part for part in options.parts if part not in PARTS]:
            raise UserError(f"no part {unknown[0]!r}; one of {', '.join(PARTS)}")
        measure(options.parts or list(PARTS), options.minutes, options.out, options.data)


if __name__ == "__main__":
    main()
