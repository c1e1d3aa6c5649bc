"""The command `mpk`: thin commands over everything else; one file per command or group."""
