"""The same training step, written as each engine wants it: what train_step.py lets take turns."""
