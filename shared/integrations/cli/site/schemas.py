"""The generated schema files on disk: written, or compared with what they ought to be."""

from pathlib import Path

from rich.console import Console

from integrations.messages.schemas import schema_files

_out = Console(highlight=False, soft_wrap=True)


def write_schemas(folder: Path) -> int:
    """Write every file, remove what is no longer generated; return the exit code."""
    folder.mkdir(parents=True, exist_ok=True)
    files = schema_files()
    for stale in _present(folder) - files.keys():
        (folder / stale).unlink()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    _out.print(f"{len(files)} files written to {folder}")
    return 0


def check_schemas(folder: Path) -> int:
    """Name every file that differs; return the exit code."""
    files = schema_files()
    wrong = sorted(_present(folder) ^ files.keys())
    wrong += [name for name in _present(folder) & files.keys() if (folder / name).read_text() != files[name]]
    for name in wrong:
        _out.print(f"{folder / name} is not what the messages say: run `make schemas`")
    return 1 if wrong else 0


def _present(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("*") if path.suffix in {".json", ".yaml"}}
