"""The charts of a cluster that the program makes: pinned, in order, with typed values."""
