"""The command without its script: `python -m integrations.cli`."""

from .app import main

main()
