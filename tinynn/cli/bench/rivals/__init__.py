"""Floor 8: the engines' side of a benchmark: the same work, written as each engine wants it.

`run_training.py` and `run_kernels.py` are run by their path, in an interpreter that may have no tinynn: what they
import lies beside them and imports its engine, NumPy and the standard library. The other side reads `engines.py`,
`jobs.py` and `worker.py` as well.
"""
