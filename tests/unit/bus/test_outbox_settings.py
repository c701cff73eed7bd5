from pathlib import Path

from integrations.bus.outbox.settings import state_folder


def test_the_state_folder_is_what_the_system_says(monkeypatch, tmp_path):
    monkeypatch.setenv("STATE_DIRECTORY", f"{tmp_path / 'a'}:{tmp_path / 'b'}")
    assert state_folder() == tmp_path / "a"
    monkeypatch.delenv("STATE_DIRECTORY")
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert state_folder() == Path(tmp_path) / ".local" / "state" / "gl003"
    monkeypatch.setattr(Path, "home", no_home)
    assert state_folder().name == "gl003-state"


def no_home():
    raise RuntimeError("Could not determine home directory.")
