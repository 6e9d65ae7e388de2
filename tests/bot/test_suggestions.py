"""Questions to begin with are the editors' own: of public pages, in the reader's language."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import event

from bot.config import Knowledge, Settings
from bot.service import Service
from tests.conftest import write_files

FILES = {
    "refunds.md": "---\nquestions: [How long does a refund take?, Where is my money?]\nlanguage: en\n---\n"
    "# Refunds\n\nFive days.\n",
    "rueckgabe.md": "---\nquestions: [Wie lange kann ich zurückgeben?]\nlanguage: de\n---\n"
    "# Rückgabe\n\nDreißig Tage.\n",
    "troca.md": "---\nquestions: [Como faço uma troca?]\nlanguage: pt-BR\n---\n# Troca\n\nEm dias.\n",
    "plain.md": "# Plain\n\nNothing that anybody asks.\n",
    "agents/_folder.yaml": "audience: agents\n",
    "agents/inner.md": "---\nquestions: [How much goodwill may I grant?]\n---\n# Goodwill\n\nForty euros.\n",
}


async def test_public_ones_in_the_language(tmp_path: Path) -> None:
    write_files(tmp_path / "knowledge", FILES)
    settings = Settings(data_dir=tmp_path / "data", knowledge=Knowledge(roots=(tmp_path / "knowledge",), watch=False))
    async with Service.open(settings) as service:
        assert service.suggestions.of("en", 4) == ()
        await service.ingest((), lambda values: None)
        asked: list[str] = []
        event.listen(service.store.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
        assert service.suggestions.of("de", 4) == ("Wie lange kann ich zurückgeben?",)
        assert service.suggestions.of("en", 4) == ("How long does a refund take?",)
        assert service.suggestions.of("ja", 4) == ()
        assert service.suggestions.of("pt", 4) == service.suggestions.of("pt-BR", 4) == ("Como faço uma troca?",)
        # Whoever names many languages does not keep the database busy.
        assert sum(statement.startswith("SELECT") for statement in asked) == 1
