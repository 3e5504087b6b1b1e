"""`python -m equity_lib.cli` is the command `equity`."""

from equity_lib.cli import main

main()
