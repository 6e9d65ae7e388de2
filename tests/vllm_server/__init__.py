"""A real vLLM server on the CPU with a tiny random Qwen3, for tests and to try things by hand."""
