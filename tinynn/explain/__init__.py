"""Floor 6: the tape, the ops and their numbers, explained."""
