"""A generator as a model repository for the Hugging Face Hub: a model card, its settings, its weights and a sheet of pictures."""

import shutil
from io import StringIO
from pathlib import Path
from typing import Any

import torch
from ruamel.yaml import YAML

from ganlib.core.images import save_sheet
from ganlib.core.tables import write_json
from ganlib.support.files import replacing
from ganlib.use import information
from ganlib.use.export.licence import restrictions
from ganlib.use.information import NAMES, PICTURES, SCORES
from ganlib.use.sampling import Sampler

SHEET = 64  # pictures


def export(sampler: Sampler, folder: Path) -> str:
    """Write the folder and return what was written, CelebA's restrictions where they may apply, and the command that uploads it."""
    known = information.describe(sampler.run)
    folder.mkdir(parents=True, exist_ok=True)
    save_sheet(torch.from_numpy(sampler.sample(range(1, SHEET + 1))), 8, folder / "sheet.png")
    write_json({"report": known["report"], "settings": known["settings"]}, folder / "config.json")
    with replacing(folder / "model.safetensors") as target:
        shutil.copyfile(sampler.run.file, target)
    with replacing(folder / "README.md") as target:
        target.write_text(card(known), encoding="utf-8")
    written = f"model card, settings, weights and a sheet of {known['report']}; nothing was uploaded"
    return "\n".join([written, *restrictions(known), f"hf upload USER/{known['report']} {folder}"])


def card(known: dict[str, Any]) -> str:
    """The README.md for what `information.describe` returns, with the metadata that the Hub reads."""
    name = known["report"]
    metadata = {
        "library_name": "ganlib",
        "pipeline_tag": "unconditional-image-generation",
        "license": "other",
        "license_name": "celeba" if restrictions(known) else "unstated",
        "tags": ["gan", "faces", name],
        "model-index": [{"name": name, "results": results}] if (results := _results(known)) else None,
    }
    (yaml := YAML()).width = 1000
    yaml.dump({key: value for key, value in metadata.items() if value is not None}, head := StringIO())
    warning = "".join(f"**{line}.**\n\n" for line in restrictions(known))
    trained = f"trained on {pictures} with ganlib" if (pictures := information.pictures(known)) else "trained with ganlib"
    credit = "The drawn faces are a remix of Avataaars by Pablo Stanley, from DiceBear.\n\n" if pictures == PICTURES["toons"] else ""
    facts = "\n".join(information.lines({**known, "file": "model.safetensors"}))
    return f"""---
{head.getvalue()}---
# {name}

![Fakes of the seeds 1 to {SHEET}](sheet.png)

{warning}{credit}A generator of {known["size"]}x{known["size"]} faces, {trained}. With ganlib installed:

```console
$ hf download USER/{name} --local-dir {name}-model
$ ganlib sample ./{name}-model --seeds 1-64
```

```
{facts}
```
"""


def _results(known: dict[str, Any]) -> list[dict[str, Any]]:
    """The scores in the form of `model-index`, with N, interval and floor in each one's `args`; none if they are stale."""
    figures = known["scores"]
    if not figures or "stale" in figures:
        return []
    shared = {key: figures[key] for key in ("samples", "extractor", "protocol")}
    metrics = []
    for score in (score for score in SCORES if score in figures):
        bounds = {end: figures[f"{score}_{end}"] for end in ("low", "high", "floor") if f"{score}_{end}" in figures}
        metrics.append({"type": score, "name": NAMES.get(score, score), "value": figures[score], "args": {**shared, **bounds}})
    data = {"type": figures["dataset"], "name": figures["dataset"], "split": figures["split"]}
    return [{"task": {"type": "unconditional-image-generation"}, "dataset": data, "metrics": metrics}]
