"""``python -m fakegraph``."""

from fakegraph.cli import main

main()
