"""Becomes vLLM's API server, inside its environment: ``python -m tests.vllm_server.launch PARENT_PID ARGUMENT…``.

Run as a module because `vllm serve` looks for a distribution named vllm, which the CPU build is not.
"""

from __future__ import annotations

import ctypes
import os
import runpy
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Does not return before the server ends."""
    parent, *arguments = sys.argv[1:]
    # Where the tests are killed and can end nothing any more, the kernel ends the server.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(parent):
        return
    module = "vllm.entrypoints.openai.api_server"
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
