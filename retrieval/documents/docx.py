"""DOCX: made into HTML by mammoth, after its archive has been looked at, and read as such."""

from __future__ import annotations

import io
import zipfile
from xml.parsers.expat import ExpatError

import mammoth

from retrieval.cleaning import clean
from retrieval.documents.content import Content
from retrieval.documents.front_matter import FrontMatter
from retrieval.documents.html import read_page
from retrieval.documents.limits import Limits
from retrieval.documents.office_archive import checked_archive
from retrieval.errors import KnowledgeFileError

_STYLES = "p[style-name='Title'] => h1:fresh\np[style-name='Subtitle'] => p:fresh"


def read(data: bytes, path: str, limits: Limits) -> Content:
    """A Word document's title and sections. Hidden text, comments and deleted text are left out.

    Raises:
        KnowledgeFileError: if it is no DOCX, is damaged, or unpacks to too much.
    """
    archive = checked_archive(data, path, limits)
    try:
        # Pictures are neither embedded nor opened; their description is their text.
        page = mammoth.convert_to_html(
            io.BytesIO(archive),
            style_map=_STYLES,
            convert_image=mammoth.images.img_element(lambda image: {"src": ""}),
            external_file_access=False,
        ).value
    except (zipfile.BadZipFile, ExpatError, KeyError, ValueError, AttributeError, OSError) as error:
        raise KnowledgeFileError(path, f"is a damaged DOCX: {error}") from error
    return read_page(clean(page), path, FrontMatter())
