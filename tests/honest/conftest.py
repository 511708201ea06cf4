"""The modules beside this file import each other as `tests.honest`, here and in `python -m`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
