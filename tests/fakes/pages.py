"""The pages of the documentation as a test reads them: grey blocks, and commands in the middle of text."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fakes.site import ROOT

DOCS = ROOT / "docs"
BLOCK = re.compile(
    r'^```(?P<language>\w*)(?: title="(?P<title>[\w.]+)")?\n(?P<text>.*?)^```$', re.MULTILINE | re.DOTALL
)
INCLUDED = re.compile(r'^--8<-- "(?P<file>[^":]+)[^"]*"$', re.MULTILINE)
IN_TEXT = re.compile(r"`(?P<inline>[^`]+)`|^ {4}(?P<indented>\S.*)$", re.MULTILINE)
COMMENT = re.compile(r"(?:^|\s)#\s.*")
PLACEHOLDER = re.compile(r"<(\w+)>")
BETWEEN = {"&&", "||", "|", ";", "(", ")"}
PROGRAMS = (
    ".", "gl003", "make", "python", "docker", "kubectl", "helm", "nats", "nats-server", "systemctl", "pip",
    "npm", "curl", "deploy/make-secrets.sh",
)  # fmt: skip
"""What a command begins with; other words in grey are names and values."""


@dataclass(frozen=True)
class Block:
    """A fenced block."""

    language: str
    title: str | None
    text: str


def text_of(page: Path) -> str:
    """Return a page with what it includes."""
    told = page.read_text(encoding="utf-8")
    return INCLUDED.sub(lambda found: (ROOT / found["file"]).read_text(encoding="utf-8"), told)


def blocks_of(page: Path) -> list[Block]:
    """Return the fenced blocks of a page, in order."""
    return [
        Block(found["language"], found["title"], found["text"]) for found in BLOCK.finditer(text_of(page))
    ]


def commands_in_text(page: Path) -> list[str]:
    """Return every command that stands in a line of text or in an indented block, each once."""
    rest = BLOCK.sub("", text_of(page))
    told = [found["inline"] or found["indented"] for found in IN_TEXT.finditer(rest)]
    return list(dict.fromkeys(shlex.join(words) for one in told for words in commands_of(one)))


def commands_of(line: str) -> Iterator[list[str]]:
    """Yield each command of a line of shell, without comment, as words; nothing where it is none."""
    lexer = shlex.shlex(PLACEHOLDER.sub(r"\1", COMMENT.sub("", line)), posix=True, punctuation_chars=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    words: list[str] = []
    try:
        for token in [*lexer, ";"]:
            if token in BETWEEN:
                if words and words[0] in PROGRAMS:
                    yield [word for word in words if word != "…"]
                words = []
            else:
                words.append(token)
    except ValueError:  # a quotation mark in a line that is no command
        return
