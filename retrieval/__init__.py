"""Knows passages, from a file's bytes to a ranking; never imports bot."""

import os

# ONNX Runtime reports to its maker wherever it is loaded, and leaves an identifier in the home folder. It looks here
# once, when its library starts, so this stands where every process of the desk comes by before that.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
