"""`python -m bot.cli` does what `polydesk` does."""

from bot.cli import main

if __name__ == "__main__":
    main()
