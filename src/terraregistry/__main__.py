"""`python -m terraregistry` is the command line."""

from __future__ import annotations

from terraregistry.tools.cli import main

if __name__ == "__main__":
    main()
