"""What the commands draw with: the only rooms that know how a terminal looks."""
