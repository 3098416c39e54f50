"""Floor 5: CUDA kernels for recorded programs, out of the reference bodies of the ops.

    nodes, reductions   what one element of an array is, in C
    tracing             the body of an op runs with arrays that become nodes
    writer, works       a function of CUDA C: what its threads compute, each value once
    lowering            a program as works, products of cuBLAS and calls of CuPy
    launches            works beside each other in a kernel, or all of them in one block
"""
