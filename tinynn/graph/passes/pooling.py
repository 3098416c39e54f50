"""Floor 5: what follows the gradient of a pooling comes before it, where there are fewer elements.

That gradient puts each number where its window's largest x is, and nothing anywhere else. So a slope of relu at x is
the slope at the largest x of the window, and a sum over all places is the sum over all windows.
"""

from dataclasses import replace

from tinynn.graph.passes.rewriting import users
from tinynn.graph.program import Value


def pooling(program):
    """relu_grad(window_max_grad(dy, x), x) of y = window_max(x) is window_max_grad(relu_grad(dy, y), x); a bias's
    gradient is that of dy."""
    used, pooled, made, lines = users(program), {}, {}, []
    for line in program.lines:
        if line.op.name == "window_max":
            pooled[line.inputs[0], line.attributes] = line.outputs[0]
        if line.op.name == "relu_grad" and _is_slope_of(made.get(line.inputs[0]), line, used):
            back = made[line.inputs[0]]
            if (back.inputs[1], back.attributes) in pooled:
                lines.remove(back)
                dy, largest = back.inputs[0], pooled[back.inputs[1], back.attributes]
                sloped = Value("result", dy.shape, dy.dtype)
                lines.append(replace(line, inputs=(dy, largest), outputs=(sloped,)))
                line = replace(back, inputs=(sloped, back.inputs[1]), outputs=line.outputs)
        if line.op.name == "bias_add_grad" and line.inputs[0] in made:
            line = replace(line, inputs=made[line.inputs[0]].inputs[:1])
        if line.op.name == "window_max_grad":
            made[line.outputs[0]] = line
        lines.append(line)
    return program.using(lines)


def _is_slope_of(back, line, used):
    """Whether a line multiplies what `back` makes, and nobody else reads, with the slope at the x of that pooling."""
    return back is not None and back.inputs[1] is line.inputs[1] and used[line.inputs[0]] == [line]
