"""Checks results on a GPU and measures its speed: `python -m benchmarks.gpu [PART ...]`, most useful parts first.

Each row is printed as soon as it is measured and stored in a JSON file, so that an interrupted run resumes (`--restart` deletes the file).
No part needs the internet, DVC or CelebA: pictures are random, because only their shapes matter. Without a GPU every part runs on the CPU
at a tiny scale, which tests the code and says nothing about speed.
"""

import argparse
import io
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from benchmarks import flops, reports
from ganlib.core.device import device, prepare_device
from ganlib.core.random import Streams
from ganlib.fidelity import inception
from ganlib.fidelity.frechet import Statistics, frechet_distance
from ganlib.fidelity.intervals import fid_interval, kid_interval, mind_interval
from ganlib.fidelity.kernel import kid
from ganlib.fidelity.manifold import manifold
from ganlib.fidelity.memorisation import memorisation
from ganlib.models.objective import Batch
from ganlib.models.report import Report
from ganlib.support.errors import UserError, exit_on_user_error
from ganlib.support.files import replacing
from ganlib.support.paths import Outputs
from ganlib.training import loop
from ganlib.training.distributed.launch import init_team, world_from_env
from ganlib.training.distributed.worker import train_worker
from ganlib.training.feed import Feed, Mapped, Resident
from ganlib.training.trainer import Trainer

CPU = torch.device("cpu")
ON_GPU = torch.cuda.is_available()
PRECISIONS = ("fp32", "tf32", "bf16")
NARROW = 0.25 if ON_GPU else 0.03  # width of the nets where results, not speeds, are compared
STEPS = 20 if ON_GPU else 2
TURNS = 5 if ON_GPU else 1
PICTURES = 20_000 if ON_GPU else 40
SCORED = 50_000 if ON_GPU else 24
# Tolerance of losses and gradients against float64, relative to their norm. Adam's first step follows only the sign of the gradient, which
# in bf16 changes G's gradient by half of its norm on a CPU too: only its direction is checked.
ALLOWED = {"fp32": (1e-4, 1e-3), "tf32": (1e-2, 1e-1), "bf16": (0.2, 1.0)}

NAMES = reports.NAMES if ON_GPU else ("dcgan64", "dense64")

Row = dict[str, object]


def full(name: str, **changes: object) -> Report:
    """The report's own settings; without a GPU narrow and with small batches."""
    return reports.full(name, **{**({} if ON_GPU else {"width": NARROW, "batch_size": 8}), **changes})


@dataclass
class Training:
    """A trainer and its feed."""

    trainer: Trainer
    feed: Feed
    place: torch.device

    @classmethod
    def of(cls, report: Report, place: torch.device, pictures: int | None = None) -> "Training":
        prepare_device(report.precision)
        torch.manual_seed(1)
        streams = Streams(1)
        faces = reports.faces(report, pictures or min(PICTURES, 40 * report.reals_per_step))
        return cls(Trainer(report, place, streams), Feed(report, faces, place, streams), place)

    def steps(self, count: int) -> dict[str, Tensor]:
        for _ in range(count):
            losses = self.trainer.step(self.feed.next())
        return losses

    def seconds(self, count: int) -> float:
        """Seconds for `count` steps, including their execution on the device."""
        begun = now(self.place)
        self.steps(count)
        return now(self.place) - begun

    def weights(self) -> dict[str, Tensor]:
        return {f"{name} {key}": t.detach().cpu() for name, net in self.trainer.modules.items() for key, t in net.state_dict().items()}


def now(place: torch.device) -> float:
    """The time in seconds, after synchronising with the device."""
    if place.type == "cuda":
        torch.cuda.synchronize(place)
    return time.perf_counter()


def without_chance(name: str, **changes: object) -> Report:
    """A narrow report without dropout, whose masks differ between devices."""
    return reports.full(name, width=NARROW, batch_size=16 if ON_GPU else 8, dropout=0.0, d_dropout=0.0, **changes)


def first_step(report: Report, place: torch.device, double: bool = False) -> dict[str, Tensor]:
    """The losses and each net's gradient, as one row, of a first step; `double`: in float64. Random numbers are the same everywhere."""
    prepare_device(report.precision)
    streams = Streams(1)
    trainer = Trainer(report, place, streams)
    batch = Feed(report, reports.faces(report, 64), place, streams).next()
    if double:
        for module in trainer.modules.values():
            module.double()
        noise = batch.noise
        batch = Batch(batch.real.double(), batch.condition, lambda count: noise(count).double())
    found = {name: loss for name, loss in trainer.step(batch).items() if name.endswith("loss")}
    for name, module in trainer.modules.items():
        found[name] = torch.cat([weight.grad.flatten() for weight in module.parameters() if weight.grad is not None])
    return {name: tensor.double().cpu() for name, tensor in found.items()}


def furthest(found: dict[str, Tensor], expected: dict[str, Tensor]) -> tuple[float, float]:
    """The largest relative error of a loss and of a net's gradient.

    Not of single weights: where a loss has corners, as BEGAN's absolute values, a last digit turns a pixel's gradient about.
    """
    shares = {name: float((found[name] - true).norm() / true.norm()) for name, true in expected.items()}
    return tuple(max(share for name, share in shares.items() if name.endswith("loss") == losses) for losses in (True, False))


def parity(place: torch.device) -> Iterator[tuple[str, Callable[[], Row]]]:
    """One step on the device against float64 on the CPU, then Inception's features and their FID."""

    def step(name: str, precision: str) -> Row:
        expected = first_step(without_chance(name, precision="fp32"), CPU, double=True)
        losses, gradients = furthest(first_step(without_chance(name, precision=precision), place), expected)
        good = losses <= ALLOWED[precision][0] and gradients <= ALLOWED[precision][1]
        return {"losses": losses, "gradients": gradients, "good": good}

    def features() -> Row:
        pictures = torch.randint(0, 256, (64 if ON_GPU else 16, 3, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
        found = {}
        for where in (CPU, place):
            found[where] = inception.features(inception.load(where), pictures.numpy(), f"features on {where}")
        halves = [
            float(frechet_distance(Statistics.of(some[: len(some) // 2]), Statistics.of(some[len(some) // 2 :]))) for some in found.values()
        ]
        furthest = float(abs(found[CPU] - found[place]).max())
        return {"furthest": furthest, "allowed": 1e-3, "good": furthest <= 1e-3, "fid_differs": abs(halves[0] - halves[-1])}

    for name in NAMES:
        for precision in PRECISIONS:
            yield f"{name} {precision}", lambda name=name, precision=precision: step(name, precision)
    yield "inception", features


def determinism(place: torch.device) -> Iterator[tuple[str, Callable[[], Row]]]:
    """The same steps twice, with torch's deterministic kernels and with all kernels, and their cost."""

    def row(name: str) -> Row:
        found: Row = {}
        for alone in (True, False):
            weights, seconds = [], []
            for _ in range(2):
                training = Training.of(full(name, width=NARROW), place)
                torch.use_deterministic_algorithms(alone)
                training.steps(1)
                seconds.append(training.seconds(STEPS) / STEPS)
                weights.append(training.weights())
            equal = all(torch.equal(weights[0][key], weights[1][key]) for key in weights[0])
            kind = "deterministic" if alone else "any"
            found |= {f"{kind}_equal": equal, f"{kind}_ms": 1e3 * min(seconds)}
        torch.use_deterministic_algorithms(True)
        return {**found, "good": found["deterministic_equal"]}

    for name in NAMES:
        yield name, lambda name=name: row(name)


def resume(place: torch.device) -> Iterator[tuple[str, Callable[[], Row]]]:
    """A killed and resumed run against an uninterrupted one, and a CPU's checkpoint resumed on the device."""

    def row(name: str) -> Row:
        with tempfile.TemporaryDirectory() as folder:
            left = [_trained(name, Path(folder) / way, killed) for way, killed in (("alone", False), ("killed", True))]
            moved = Path(folder) / "moved"
            _run(name, moved, {"GANLIB_DEVICE": "cpu", "GANLIB_STOP": "1"})
            return {"equal": left[0] == left[1], "moved": _run(name, moved, {}) == 0, "good": left[0] == left[1]}

    for name in NAMES:
        yield name, lambda name=name: row(name)


def _trained(name: str, folder: Path, killed: bool) -> bytes:
    if killed:
        _run(name, folder, {"GANLIB_STOP": "1"})
    if _run(name, folder, {}):
        raise UserError(f"{name} did not train in {folder}")
    return (folder / "out" / "run" / "generator.safetensors").read_bytes()


def _run(name: str, folder: Path, environment: dict[str, str]) -> int:
    command = [sys.executable, "-m", "benchmarks.gpu", "--train", name, "--folder", str(folder)]
    return subprocess.run(command, env={**os.environ, **environment}, stderr=subprocess.DEVNULL).returncode


def train(name: str, folder: Path) -> None:
    """A short training in a separate process, killed halfway if GANLIB_STOP is set."""
    report = full(name, width=NARROW, max_steps=STEPS * 2, sample_every=STEPS * 2, snapshots=None, batch_size=16 if ON_GPU else 8)
    if "GANLIB_STOP" in os.environ:
        step, left = Trainer.step, iter(range(STEPS + 1))
        Trainer.step = lambda *arguments: step(*arguments) if next(left, None) is not None else os.kill(os.getpid(), 9)
    faces, outputs = reports.faces(report, 64), Outputs.below(folder / "out")
    if world_from_env().rank > 0:
        train_worker(report, faces, init_team(), seed=1)
    else:
        loop.train(name, report, faces, outputs, folder / "checkpoints", init_team(), seed=1, log_every=STEPS, save_every=1)


def throughput(place: torch.device) -> Iterator[tuple[str, Callable[[], Row]]]:
    """Steps of the reports with their own settings, at each precision."""

    def row(name: str, precision: str) -> Row:
        report = full(name, precision=precision)
        training = Training.of(report, place)
        if ON_GPU:
            torch.cuda.reset_peak_memory_stats(place)
        training.steps(STEPS)
        seconds = statistics.median(training.seconds(STEPS) for _ in range(TURNS)) / STEPS
        rate = flops.of(report) / seconds
        found = {
            "ms": 1e3 * seconds,
            "pictures_per_second": report.reals_per_step / seconds,
            "tflops": rate / 1e12,
            "share_of_product": rate / product_rate(place, precision),
        }
        if ON_GPU:
            found |= {"peak_gb": torch.cuda.max_memory_allocated(place) / 1e9, "device_busy": busy(training)}
        return found

    def with_cudnn(deterministic: bool, benchmark: bool) -> Row:
        training = Training.of(full("dcgan112"), place)
        torch.use_deterministic_algorithms(deterministic)
        torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = deterministic, benchmark
        training.steps(STEPS)
        found = {"ms": 1e3 * training.seconds(STEPS) / STEPS}
        torch.backends.cudnn.deterministic = torch.backends.cudnn.benchmark = False
        torch.use_deterministic_algorithms(True)
        return found

    for name in NAMES:
        for precision in PRECISIONS:
            yield f"{name} {precision}", lambda name=name, precision=precision: row(name, precision)
    for deterministic in (True, False):
        for benchmark in (True, False):
            label = f"dcgan112, deterministic {deterministic}, cudnn.benchmark {benchmark}"
            yield label, lambda deterministic=deterministic, benchmark=benchmark: with_cudnn(deterministic, benchmark)


def busy(training: Training) -> float:
    """The share of the time in which the GPU is busy; in the rest it waits for the host to launch kernels."""
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as profile:
        wall = training.seconds(STEPS)
    return sum(event.self_device_time_total for event in profile.key_averages()) / 1e6 / wall


def product_rate(place: torch.device, precision: str) -> float:
    """FLOP/s of a large matrix product at the precision, an upper bound."""
    prepare_device(precision)
    size = 8192 if ON_GPU else 256
    one = torch.randn(size, size, device=place, dtype=torch.bfloat16 if precision == "bf16" else torch.float32)
    one @ one
    begun = now(place)
    for _ in range(10):
        one @ one
    return 10 * 2 * size**3 / (now(place) - begun)


def compiled(place: torch.device) -> Iterator[tuple[str, Callable[[], Row]]]:
    """torch.compile against the plain step: seconds before the first step, time per step, and whether the losses agree."""

    def row(name: str, precision: str) -> Row:
        found: Row = {}
        losses = {}
        for way in (False, True):
            training = Training.of(full(name, precision=precision, compile=way, dropout=0.0, d_dropout=0.0), place)
            begun = now(place)
            training.steps(1)
            kind = "compiled" if way else "plain"
            found[f"{kind}_first_seconds"] = now(place) - begun
            losses[way] = {key: float(value) for key, value in training.steps(STEPS - 1).items()}
            found[f"{kind}_ms"] = 1e3 * training.seconds(STEPS) / STEPS
        return {**found, "furthest_loss": max(abs(losses[True][key] - value) for key, value in losses[False].items())}

    for name in NAMES if ON_GPU else ("dense64",):
        for precision in ("tf32", "bf16") if ON_GPU else ("tf32",):
            yield f"{name} {precision}", lambda name=name, precision=precision: row(name, precision)


def graphs(place: torch.device) -> Iterator[tuple[str, Callable[[], Row]]]:
    """A step captured as one CUDA graph against the same step launched kernel by kernel; on a CPU both are the latter."""

    def row(name: str) -> Row:
        training = Training.of(full(name), place)
        # A graph reads from fixed addresses: the same pictures, and the same z for each count.
        first = training.feed.next()
        batch = Batch(first.real, first.condition, cache(first.noise))
        for optimizer in training.trainer.optimizers.values():
            for group in optimizer.param_groups:
                group["capturable"] = ON_GPU

        def step() -> None:
            training.trainer.step(batch)

        found = {"plain_ms": milliseconds(step)}
        if not ON_GPU:
            return found | {"captured_ms": milliseconds(step)}
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(graph):
                step()
        except RuntimeError as error:
            return found | {"not_captured": str(error).splitlines()[0]}
        return found | {"captured_ms": milliseconds(graph.replay)}

    def milliseconds(step: Callable[[], None]) -> float:
        seconds = []
        for _ in range(TURNS + 1):  # the first warms up
            begun = now(place)
            for _ in range(STEPS):
                step()
            seconds.append(now(place) - begun)
        return 1e3 * statistics.median(seconds[1:]) / STEPS

    for name in ("began64", "dense64") if ON_GPU else ("dense64",):
        yield name, lambda name=name: row(name)


def checkpoint(place: torch.device) -> Iterator[tuple[str, Callable[[], Row]]]:
    """The time of a checkpoint, relative to a step."""

    def row(name: str) -> Row:
        training = Training.of(full(name), place)
        training.steps(2)
        step = training.seconds(STEPS) / STEPS
        begun = now(place)
        buffer = io.BytesIO()
        torch.save(training.trainer.state_dict(), buffer)
        serialized = now(place) - begun
        with tempfile.TemporaryDirectory() as folder:
            begun = now(place)
            with replacing(Path(folder) / "state.pt") as target:
                target.write_bytes(buffer.getbuffer())
            written = now(place) - begun
        return {
            "mb": buffer.tell() / 1e6,
            "serialize_seconds": serialized,
            "write_seconds": written,
            "steps": (serialized + written) / step,
        }

    for name in NAMES:
        yield name, lambda name=name: row(name)


def evaluation(place: torch.device) -> Iterator[tuple[str, Callable[[], Row]]]:
    """Inception's speed by batch size, and the seconds of each score of SCORED features per side, half of them 0 like Inception's."""

    def rate(batch: int) -> Row:
        network = inception.load(place)
        count = 8 * batch if ON_GPU else 8
        pictures = torch.randint(0, 256, (count, 3, 64, 64), dtype=torch.uint8)
        inception.features(network, pictures[:batch], "warming up", batch_size=batch)
        begun = now(place)
        inception.features(network, pictures, f"batches of {batch}", batch_size=batch)
        return {"pictures_per_second": count / (now(place) - begun)}

    rng = torch.Generator().manual_seed(1)
    real, fake, held_out = (torch.randn(SCORED, inception.DIMENSIONS, generator=rng).relu_().numpy() for _ in range(3))
    scores = {
        "FID": lambda: frechet_distance(Statistics.of(real), Statistics.of(fake)),
        "FID's interval": lambda: fid_interval(real, fake),
        "KID": lambda: kid(real, fake),
        "KID's interval": lambda: kid_interval(real, fake),
        "MIND and its interval": lambda: mind_interval(real, fake),
        "precision, recall, density, coverage": lambda: manifold(real, fake),
        "nearest pictures": lambda: memorisation(fake, real, held_out),
    }

    def seconds(score: str) -> Row:
        begun = now(place)
        scores[score]()
        return {"seconds": now(place) - begun}

    for batch in (64, 128, 256) if ON_GPU else (4,):
        yield f"inception, batches of {batch}", lambda batch=batch: rate(batch)
    for score in scores:
        yield f"{score} of {SCORED:,} a side", lambda score=score: seconds(score)


def feeding(place: torch.device) -> Iterator[tuple[str, Callable[[], Row]]]:
    """Batches from pictures on the device and from memory-mapped ones; and a step in which a sync with the device is an error."""

    def batch(kind: type[Mapped | Resident], name: str) -> Row:
        report = full(name)
        pictures = kind(reports.faces(report, max(256, report.reals_per_step)), place)
        rows = torch.arange(report.reals_per_step)
        begun = now(place)
        for _ in range(STEPS):
            pictures.batch(rows)
        queued = time.perf_counter() - begun
        return {"ms_until_queued": 1e3 * queued / STEPS, "ms_until_done": 1e3 * (now(place) - begun) / STEPS}

    def waits(name: str) -> Row:
        training = Training.of(full(name, width=NARROW), place)
        training.steps(2)
        if not ON_GPU:
            return {"good": None}
        torch.cuda.set_sync_debug_mode("error")
        try:
            training.steps(2)
        except RuntimeError as error:
            return {"good": False, "why": str(error).splitlines()[0]}
        finally:
            torch.cuda.set_sync_debug_mode("default")
        return {"good": True}

    for name in ("dcgan112", "dcgan64"):
        for kind in (Resident, Mapped):
            yield f"{name} {kind.__name__.lower()}", lambda kind=kind, name=name: batch(kind, name)
    for name in NAMES:
        yield f"{name} waits for nothing", lambda name=name: waits(name)


def processes(place: torch.device) -> Iterator[tuple[str, Callable[[], Row]]]:
    """One process against two: the losses of a short run, and a resume with one of a run of two. Without GPUs, no nets with batch norm."""

    def row(name: str) -> Row:
        with tempfile.TemporaryDirectory() as folder:
            seconds, logs = {}, {}
            for size in (1, 2):
                begun = time.perf_counter()
                if _run(name, Path(folder) / str(size), {"LT_DEVICES": str(size)}):
                    raise UserError(f"{name} did not train in {size} processes")
                seconds[size] = time.perf_counter() - begun
                logs[size] = (Path(folder) / str(size) / "out" / "progress" / "log.csv").read_text(encoding="utf-8").splitlines()[-1]
            first, second = ([float(value) for value in logs[size].split(",")] for size in (1, 2))
            apart = max(abs(a - b) for a, b in zip(first, second, strict=True))
            return {"one_seconds": seconds[1], "two_seconds": seconds[2], "furthest_loss": apart}

    if not ON_GPU or torch.cuda.device_count() > 1:
        for name in NAMES if ON_GPU else ("dense64",):
            yield name, lambda name=name: row(name)


PARTS = {
    "parity": parity,
    "determinism": determinism,
    "resume": resume,
    "throughput": throughput,
    "compile": compiled,
    "graphs": graphs,
    "checkpoint": checkpoint,
    "evaluation": evaluation,
    "feeding": feeding,
    "processes": processes,
}


def machine(place: torch.device) -> Row:
    """The machine that was measured."""
    card = torch.cuda.get_device_name(place) if ON_GPU else platform.processor() or platform.machine()
    return {"device": card, "torch": torch.__version__, "cuda": torch.version.cuda, "python": platform.python_version()}


def measure(parts: list[str], path: Path) -> None:
    """Measure the rows of the parts that the file does not contain."""
    place = device()
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"machine": machine(place), "rows": {}}
    if kept["machine"] != machine(place):
        raise UserError(f"{path}: is of another machine, {kept['machine']}: name another with --out, or take --restart")
    print(json.dumps(kept["machine"]))
    for part in parts:
        for label, work in PARTS[part](place):
            key = f"{part}: {label}"
            if key not in kept["rows"]:
                kept["rows"][key] = work()
                with replacing(path) as target:
                    target.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
            print(f"{key:55} " + "  ".join(f"{name} {shown(value)}" for name, value in kept["rows"][key].items()), flush=True)
        bad = [key for key, row in kept["rows"].items() if key.startswith("parity") and "fp32" in key and not row["good"]]
        if bad:
            raise UserError(f"{bad[0]}: the device computes something else in fp32, so that no speed means anything; the rest is left out")


def shown(value: object) -> str:
    """A number with four digits."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all by default")
    parser.add_argument("--out", type=Path, default=Path("gpu.json"), help="the file with all rows")
    parser.add_argument("--restart", action="store_true", help="forget the rows that it holds")
    parser.add_argument("--train", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    with exit_on_user_error():
        if options.train:
            train(options.train, options.folder)
            return
        if unknown := [part for part in options.parts if part not in PARTS]:
            raise UserError(f"no part {unknown[0]!r}; one of {', '.join(PARTS)}")
        if options.restart:
            options.out.unlink(missing_ok=True)
        measure(options.parts or list(PARTS), options.out)


if __name__ == "__main__":
    main()
