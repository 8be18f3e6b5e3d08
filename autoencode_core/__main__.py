"""`python -m autoencode_core`: the command line."""

import sys

from autoencode_core.cli import main

sys.exit(main())
