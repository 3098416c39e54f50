"""Floor 7: what goes on in training: one step layer by layer, and what stands in the way of learning."""
