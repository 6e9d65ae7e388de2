"""Reads the commands of vLLM servers with vLLM's own parser, inside its environment; nothing is started.

A JSON list of argument lists comes in on standard input. A JSON list goes out of what vLLM understood of each, or null
where it refused.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from vllm.entrypoints.launchers.cli_args import make_arg_parser, validate_parsed_serve_args
from vllm.utils.argparse_utils import FlexibleArgumentParser

KEPT = (
    "model_tag",
    "runner",
    "hf_overrides",
    "dtype",
    "max_model_len",
    "max_num_batched_tokens",
    "max_num_seqs",
    "gpu_memory_utilization",
    "chat_template",
    "host",
    "port",
)


def main() -> None:
    parser = make_arg_parser(FlexibleArgumentParser())
    understood: list[dict[str, Any] | None] = []
    for arguments in json.load(sys.stdin):
        try:
            parsed = parser.parse_args(arguments)
            validate_parsed_serve_args(parsed)
            understood.append({name: getattr(parsed, name) for name in KEPT})
        except SystemExit:  # The parser has said why on standard error.
            understood.append(None)
    json.dump(understood, sys.stdout)


if __name__ == "__main__":
    main()
