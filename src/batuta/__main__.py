"""``python -m batuta``: the command line."""

from batuta.cli import main

if __name__ == "__main__":
    main()
