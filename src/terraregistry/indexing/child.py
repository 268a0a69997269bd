"""The process making the index: it writes its progress and the index to its original standard output."""

from __future__ import annotations

import os
import signal
import warnings

from terraregistry.index.keys import current_key
from terraregistry.indexing.making import library_registries, make_index

__all__ = ["main"]


def main() -> None:
    """Make the index of the library; write the progress and then the index to the waiting process."""
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # it ends, without a traceback, where nobody waits any more
    key = current_key()  # before anything is described
    with os.fdopen(os.dup(1), "wb") as waiting, open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - no Path
        os.dup2(nowhere.fileno(), 1)  # what libraries print when they are imported

        def report(done: int, total: int) -> None:
            waiting.write(b"%d %d\n" % (done, total))
            waiting.flush()

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they are about the libraries' own code
            index = make_index(library_registries(), report=report, key=key)
        waiting.write(b"\n" + index.image)
