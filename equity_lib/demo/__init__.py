"""The synthetic area `demo`: an office's spreadsheets with a known truth, imported like anyone's."""
