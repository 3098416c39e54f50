"""Floor 5: CUDA kernels for recorded programs, out of the reference bodies of the ops.

    tracing             the body of an op runs with arrays (traced.py) and functions (namespace.py, ufuncs.py) that
                        only note what is done
    nodes, reductions   what they note: what one element of an array is; index.py and literals.py write it as C
    writer, works       a function of CUDA C: what its threads compute, each value once
    lowering            a program as works, products of cuBLAS and calls of CuPy
    launches, block     works beside each other in a kernel, or all of a small program in one block
    plan                the steps that run
"""
