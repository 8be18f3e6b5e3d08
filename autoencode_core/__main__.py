"""`python -m autoencode_core`: the command line."""

import sys


def main() -> int:
    """Runs the command that the process was started with; Ctrl-C while it loads is a sentence too.

    Returns:
        The exit status, see autoencode_core.cli.main.
    """
    try:
        from autoencode_core.cli import main as run  # here: it takes half a second

        return run()
    except KeyboardInterrupt:
        print("error: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
