"""Knowledge files → documents: one format a module, each file parsed in a process that can be killed."""

from retrieval.documents.limits import Limits
from retrieval.documents.parse import SUPPORTED, parse
from retrieval.documents.sandbox import ParserProcess

__all__ = ["SUPPORTED", "Limits", "ParserProcess", "parse"]
