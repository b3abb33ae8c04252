"""FID of 2,500 drawn faces against 2,500 blurred ones, ours and pytorch-fid 0.3.0's, with the same weights.

    python benchmarks/pytorch_fid_2500.py

Takes ten minutes to hours: both networks process all 5,000 pictures. Its output is in docs/scores.md.
"""

import os
import sys
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from pytorch_fid.fid_score import calculate_frechet_distance
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).parent.parent))
from benchmarks.referee import pytorch_fid_network
from ganlib.fetch.toons import describe, render
from ganlib.fidelity import inception
from ganlib.fidelity.frechet import Statistics, frechet_distance
from ganlib.fidelity.weights import Layer, find_weights, read_weights

COUNT, SIDE, BLURRED_FROM = 2500, 64, 32
SEEDS = {"reals": 1, "fakes": 2}


def face(seed: int, number: int) -> np.ndarray:
    """(3, 64, 64) uint8: CelebA's wide crop of a drawn face; those of the fakes' seed lose half of their detail."""
    picture = render(describe(seed, number)).convert("RGB").crop((0, 20, 178, 198)).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    if seed == SEEDS["fakes"]:
        small = picture.resize((BLURRED_FROM, BLURRED_FROM), Image.Resampling.BICUBIC)
        picture = small.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    return np.asarray(picture).transpose(2, 0, 1)


@torch.no_grad()
def theirs(layers: list[Layer], pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """pytorch-fid's `calculate_activation_statistics`, of pictures in memory."""
    model = pytorch_fid_network(layers).to(memory_format=torch.channels_last)
    batches = torch.from_numpy(pictures).split(50)
    found = np.concatenate([model(batch.float() / 255)[0].squeeze(3).squeeze(2) for batch in tqdm(batches, mininterval=30)])
    found = found.astype(np.float64)  # the type of get_activations' array
    return found.mean(axis=0), np.cov(found, rowvar=False)


def main() -> None:
    """Score with both implementations."""
    start = time.perf_counter()
    layers = read_weights(find_weights())
    with ProcessPoolExecutor() as pool:
        sides = [np.stack([*pool.map(face, [seed] * COUNT, range(COUNT), chunksize=50)]) for seed in SEEDS.values()]
    network = inception.Inception(layers, "pytorch-fid")
    ours = frechet_distance(*(Statistics.of(inception.features(network, side, desc="ours")) for side in sides))
    print(f"{COUNT} a side, seeds {SEEDS}, {os.cpu_count()} cores, torch {torch.__version__}")
    print(f"ours               {ours:.6f}", flush=True)
    warnings.simplefilter("ignore")  # sqrtm's: `disp` is deprecated
    reference = calculate_frechet_distance(*(moments for side in sides for moments in theirs(layers, side)))
    print(f"pytorch-fid 0.3.0  {reference:.6f}: {abs(ours - reference):.1e} apart, after {(time.perf_counter() - start) / 60:.0f} minutes")
    assert abs(ours - reference) < 1e-3


if __name__ == "__main__":
    main()
