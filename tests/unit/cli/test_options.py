"""What a person types: durations, schema files, help."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from integrations.cli.app import app
from integrations.cli.duration import seconds_of
from integrations.cli.site.schemas import check_schemas, write_schemas
from integrations.configuration import ConfigurationError

RUNNER = CliRunner()


@pytest.mark.parametrize(
    ("text", "seconds"), [("20", 20), ("20s", 20), ("5m", 300), ("1.5h", 5400), (" 2 s ", 2), ("0.5", 0.5)]
)
def test_a_duration_is_read(text, seconds):
    assert seconds_of("--for", text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-5s", "5 days", "1e3", "s", "5ss"])
def test_what_is_no_duration_names_the_option(text):
    with pytest.raises(ConfigurationError, match="--for must be a time such as 20s, 5m or 1h"):
        seconds_of("--for", text)


def test_schemas_are_written_and_drift_is_named(tmp_path, capsys):
    folder = tmp_path / "schemas"
    assert write_schemas(folder) == 0
    assert check_schemas(folder) == 0
    (folder / "CleanBatch.schema.json").write_text("{}")
    (folder / "Former.schema.json").write_text("{}")
    (folder / "asyncapi.yaml").unlink()
    capsys.readouterr()
    assert check_schemas(folder) == 1
    said = capsys.readouterr().out
    assert all(name in said for name in ("CleanBatch.schema.json", "Former.schema.json", "asyncapi.yaml"))
    assert write_schemas(folder) == 0
    assert check_schemas(folder) == 0
    assert not (folder / "Former.schema.json").exists()


@pytest.mark.parametrize("command", [[], ["run"], ["serve"], ["clean"], ["schemas"]])
def test_every_command_explains_itself(command):
    shown = RUNNER.invoke(app, [*command, "--help"])
    assert shown.exit_code == 0
    assert "Usage" in shown.output


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("gl003 pro", {"probe"}),
        ("gl003 tr", {"trust"}),
        ("gl003 trust ac", {"accept"}),
        ("gl003 probe --li", {"--live"}),
    ],
)
def test_the_shell_completes_words_and_options(typed, completed):
    told = {"_GL003_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(typed.count(" "))}
    shown = subprocess.run(
        [Path(sys.executable).parent / "gl003"],
        env=os.environ | told,
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(shown.stdout.split()) == completed
    assert shown.stderr == ""


def test_an_unknown_service_is_told_which_there_are():
    shown = RUNNER.invoke(app, ["serve", "toaster"])
    assert shown.exit_code == 2
