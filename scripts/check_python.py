"""Says in a sentence when the Python at hand is too old to set up mdexplore."""
import sys

if sys.version_info < (3, 11):  # noqa: UP036  (this file is what an older Python runs)
    sys.exit(f"mdexplore needs Python 3.11 or newer; this is {sys.version.split()[0]}. Try: make PYTHON=python3.12")
