"""Floor 7: what layers and losses know about a tensor."""

from tinynn.autodiff.notes import Notes

logits = Notes()  # what a softmax or sigmoid activation was computed from
masks = Notes()  # which entries of a batch count
