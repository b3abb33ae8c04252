"""Download or draw the pictures of the selected data set: data/raw/<dataset>/."""

from ganlib.data import settings
from ganlib.support import paths
from ganlib.support.command import run
from ganlib.support.files import replacing_folder


def main() -> None:
    """Store the pictures and tables of the selected data set."""
    chosen = settings.load()
    name, data = chosen.dataset, chosen.data
    # DVC keeps this folder while the stage runs, so that a failure loses nothing; nothing of an earlier source may remain in it.
    with replacing_folder(paths.RAW / name) as raw:
        match data.kind:
            case "toons":
                from ganlib.fetch import toons

                toons.draw(raw, data.needed, finish=data.finish)
            case "celeba":
                from ganlib.fetch import celeba_sources

                celeba_sources.fetch(name, data.source, data.needed, raw)
            case "folder":
                from ganlib.fetch import folder

                folder.fetch(name, data.source, raw)


if __name__ == "__main__":
    run(main)
