"""The widget's side of HTTP: who may speak, what they may do, and the files that a page loads."""
