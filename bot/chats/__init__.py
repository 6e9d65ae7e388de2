"""Conversations with customers in the widget: kept, answered, and followed live."""
