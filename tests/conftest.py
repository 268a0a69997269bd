"""Hypothesis profiles: `default` for every change, the same examples each time, `nightly` for ten times as many others."""

from __future__ import annotations

import os

from hypothesis import settings

# Each of the test processes has a core: more threads in torch would only wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

settings.register_profile("default", deadline=None, max_examples=100, print_blob=True, derandomize=True)
settings.register_profile("nightly", settings.get_profile("default"), max_examples=1_000, derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
