"""``python -m mainspring`` is the command ``mainspring``."""

from __future__ import annotations

import sys

from mainspring.cli import main

sys.exit(main())
