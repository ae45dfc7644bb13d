"""The trainer side of Sluice. See README.md."""

__version__ = "0.1.0"
