"""Matrix products, einsum and decompositions: against NumPy, derivatives, and the errors."""

import numpy as np
import pytest

import tinynn as tf
from tinynn.core.errors import InvalidArgumentError
from tinynn.testing import check_gradients

RNG = np.random.default_rng(0)
A, B, C = RNG.normal(size=(4, 3)), RNG.normal(size=(3, 5)), RNG.normal(size=(2, 4, 3))
S = RNG.normal(size=(2, 3, 3)) * 0.2 + 2 * np.eye(3)


@pytest.mark.parametrize("ta", [False, True])
@pytest.mark.parametrize("tb", [False, True])
@pytest.mark.parametrize("batch", [((), ()), ((2,), ()), ((), (2,)), ((2, 1), (3,))])
def test_matmul(ta, tb, batch):
    a, b = RNG.normal(size=(*batch[0], 4, 3)), RNG.normal(size=(*batch[1], 3, 5))
    given = [np.swapaxes(x, -1, -2) if t else x for x, t in ((a, ta), (b, tb))]
    f = lambda a, b: tf.matmul(a, b, transpose_a=ta, transpose_b=tb)
    np.testing.assert_allclose(np.asarray(f(*given)), a @ b, rtol=1e-12)
    check_gradients(f, given)


def test_matmul_errors():
    with pytest.raises(InvalidArgumentError, match=r"length 3.*length 4.*a \(4, 3\), b \(4, 3\)"):
        tf.matmul(A, A)
    with pytest.raises(InvalidArgumentError, match="tensordot"):
        tf.constant([1.0, 2.0]) @ tf.constant([1.0, 2.0])


@pytest.mark.parametrize("axes", [1, 0, [[0], [0]], [[1, 0], [1, 0]], (-1, -1)])
def test_tensordot(axes):
    b = B[:, :3] if axes == 1 else A
    np.testing.assert_allclose(np.asarray(tf.tensordot(A, b, axes)), np.tensordot(A, b, axes), rtol=1e-12)
    check_gradients(lambda a, b: tf.tensordot(a, b, axes), [A, b])


def test_tensordot_error():
    with pytest.raises(InvalidArgumentError, match=r"axes \(1,\) of shape \(4, 3\)"):
        tf.tensordot(A, A, 1)


@pytest.mark.parametrize("equation, inputs", [
    ("ij,jk->ik", (A, B)), ("ij,jk", (A, B)), ("ij->ji", (A,)), ("ij->j", (A,)), ("ij->", (A,)), ("ii->i", (S[0],)),
    ("ii", (S[0],)), ("bij,bkj->bik", (C, C)), ("...ij,jk->...ik", (C, B)),
    ("ij,jk,kl->il", (A, B, B.T)), ("ij,kl->k", (A, B)), ("iij->j", (RNG.normal(size=(3, 3, 2)),)),
    ("...i,...i->...", (C, C[:, :1])), ("i,j->ij", (A[0], B[0])),
])
def test_einsum(equation, inputs):
    np.testing.assert_allclose(np.asarray(tf.einsum(equation, *inputs)), np.einsum(equation, *inputs), rtol=1e-11)
    check_gradients(lambda *xs: tf.einsum(equation, *xs) ** 2, list(inputs))


def test_einsum_errors():
    with pytest.raises(InvalidArgumentError, match="1 terms for 2 inputs"):
        tf.einsum("ij->i", A, B)
    with pytest.raises(InvalidArgumentError, match=r"'ijk'.* 2 axes"):
        tf.einsum("ijk->i", A)


def test_diagonals():
    np.testing.assert_array_equal(np.asarray(tf.linalg.diag(A[0])), np.diag(A[0]))
    for k in (-2, 0, 1):
        np.testing.assert_array_equal(np.asarray(tf.linalg.diag_part(A, k=k)), np.diagonal(A, k))
    np.testing.assert_allclose(np.asarray(tf.linalg.trace(C)), np.trace(C, axis1=1, axis2=2), rtol=1e-12)
    np.testing.assert_array_equal(np.asarray(tf.linalg.band_part(A, 1, 0)), np.tril(A) - np.tril(A, -2))
    np.testing.assert_array_equal(np.asarray(tf.linalg.band_part(A, 0, -1)), np.triu(A))
    assert np.diagonal(np.asarray(tf.linalg.set_diag(A, np.ones(3)))).tolist() == [1, 1, 1]
    np.testing.assert_allclose(np.asarray(tf.linalg.cross(A, A[::-1])), np.cross(A, A[::-1]), rtol=1e-12)
    for f in (tf.linalg.diag, tf.linalg.diag_part, tf.linalg.trace, lambda x: tf.linalg.band_part(x, 0, 1),
              lambda x: tf.linalg.set_diag(x, x[0]), lambda x: tf.linalg.cross(x, x[::-1])):
        check_gradients(lambda x, f=f: f(x) ** 2, [A])


@pytest.mark.parametrize("k", [-2, 0, 1])
def test_other_diagonals(k):
    v = np.array([[1.0, 2.0], [3.0, 4.0]])
    np.testing.assert_array_equal(tf.linalg.diag(v, k=k), [np.diag(row, k) for row in v])
    wide = np.asarray(tf.linalg.diag(v[0], k=k, num_rows=2 + max(0, -k), num_cols=5, padding_value=9.0))
    assert np.diagonal(wide, k)[:2].tolist() == [1, 2] and np.sum(wide == 9) == wide.size - 2
    new = np.full(len(np.diagonal(A, k)), 7.0)
    got = np.asarray(tf.linalg.set_diag(A, new, k=k))
    assert np.diagonal(got, k).tolist() == new.tolist() and np.sum(got != A) == len(new)
    check_gradients(lambda x, y: tf.linalg.set_diag(x, y, k=k) ** 2, [A, new])


def test_diagonals_that_are_not_there():
    for wrong in (lambda: tf.linalg.diag_part(A, k=3), lambda: tf.linalg.set_diag(A, [1.0, 2.0]),
                  lambda: tf.linalg.diag([1.0, 2.0], num_rows=5, num_cols=5),
                  lambda: tf.linalg.tensor_diag_part(A)):
        with pytest.raises(InvalidArgumentError):
            wrong()
    with pytest.raises(ValueError, match="one diagonal"):
        tf.linalg.diag_part(A, k=(0, 1))


def test_diagonals_of_tensors():
    x = np.arange(6.0).reshape(2, 3)
    wide = np.asarray(tf.linalg.tensor_diag(x))
    assert wide.shape == (2, 3, 2, 3) and wide[1, 2, 1, 2] == 5 and np.count_nonzero(wide) == 5
    np.testing.assert_array_equal(tf.linalg.tensor_diag_part(wide), x)


def test_inverses():
    spd = S @ np.swapaxes(S, -1, -2)
    np.testing.assert_allclose(np.asarray(tf.linalg.inv(S)) @ S, np.broadcast_to(np.eye(3), (2, 3, 3)), atol=1e-12)
    np.testing.assert_allclose(S @ np.asarray(tf.linalg.solve(S, C[:, :3])), C[:, :3], atol=1e-12)
    np.testing.assert_allclose(np.asarray(tf.linalg.det(S)), np.linalg.det(S), rtol=1e-12)
    np.testing.assert_allclose(np.asarray(tf.linalg.logdet(spd)), np.log(np.linalg.det(spd)), rtol=1e-12)
    factor = np.asarray(tf.linalg.cholesky(spd))
    np.testing.assert_allclose(factor @ np.swapaxes(factor, -1, -2), spd, rtol=1e-12)
    s, u, v = map(np.asarray, tf.linalg.svd(A))
    np.testing.assert_allclose(u * s @ v.T, A, atol=1e-12)
    q, r = map(np.asarray, tf.linalg.qr(A))
    np.testing.assert_allclose(q @ r, A, atol=1e-12)
    check_gradients(lambda x: tf.linalg.cholesky(x @ tf.transpose(x, (0, 2, 1))), [S])
    check_gradients(lambda a, b: tf.linalg.solve(a, b, adjoint=True), [S, C[:, :3]])
    with pytest.raises(InvalidArgumentError, match=r"Singular.*\(2, 2\)|Singular"):
        tf.linalg.inv(np.ones((2, 2)))
    with pytest.raises(InvalidArgumentError, match="square"):
        tf.linalg.det(A)


def test_functions_of_matrices():
    tall = C[0]
    assert tall.shape[0] < tall.shape[1] or tall.shape[0] > tall.shape[1]
    np.testing.assert_allclose(tf.linalg.pinv(C), np.linalg.pinv(C), atol=1e-12)
    np.testing.assert_array_equal(tf.linalg.matrix_rank(np.outer([1.0, 2.0], [3.0, 4.0])), 1)
    np.testing.assert_array_equal(tf.linalg.matrix_rank(S), [3, 3])
    sign, log = tf.linalg.slogdet(S)
    np.testing.assert_allclose(sign * tf.exp(log), np.linalg.det(S), rtol=1e-12)
    for fast in (True, False):
        for matrix in (A, A.T):
            rhs = np.ones((len(matrix), 2))
            expected = np.linalg.lstsq(matrix, rhs, rcond=None)[0]
            np.testing.assert_allclose(tf.linalg.lstsq(matrix, rhs, fast=fast), expected, atol=1e-12)
    lower = np.tril(S)
    np.testing.assert_allclose(lower @ np.asarray(tf.linalg.triangular_solve(S, C[:, :3])), C[:, :3], atol=1e-12)
    upper = np.asarray(tf.linalg.triangular_solve(S, C[:, :3], lower=False, adjoint=True))
    np.testing.assert_allclose(np.swapaxes(np.triu(S), -1, -2) @ upper, C[:, :3], atol=1e-12)
    spd = S @ np.swapaxes(S, -1, -2)
    x = np.asarray(tf.linalg.cholesky_solve(tf.linalg.cholesky(spd), C[:, :3]))
    np.testing.assert_allclose(spd @ x, C[:, :3], atol=1e-11)
    np.testing.assert_allclose(np.asarray(tf.linalg.sqrtm(spd)) @ np.asarray(tf.linalg.sqrtm(spd)), spd, atol=1e-11)
    np.testing.assert_allclose(tf.linalg.adjoint(A + 1j * A), (A + 1j * A).conj().T)


def test_eigenvalues():
    values, vectors = map(np.asarray, tf.linalg.eig(S))
    np.testing.assert_allclose(S @ vectors, vectors * values[..., None, :], atol=1e-12)
    assert tf.eigvals(S.astype("float32")).dtype == tf.complex64
    both = S + np.swapaxes(S, -1, -2)
    np.testing.assert_allclose(tf.linalg.eigvalsh(both), np.linalg.eigvalsh(both), rtol=1e-12)


def test_exponentials():
    turn = tf.linalg.expm(np.array([[0.0, 1.3], [-1.3, 0.0]]))
    np.testing.assert_allclose(turn, [[np.cos(1.3), np.sin(1.3)], [-np.sin(1.3), np.cos(1.3)]], atol=1e-14)
    np.testing.assert_allclose(tf.linalg.expm(np.diag([30.0, -30.0])), np.diag(np.exp([30.0, -30.0])), rtol=1e-12)
    np.testing.assert_allclose(tf.linalg.expm([[0.0, 9.0], [0.0, 0.0]]), [[1, 9], [0, 1]])
    check_gradients(tf.linalg.expm, [S])
    with pytest.raises(InvalidArgumentError, match="square"):
        tf.linalg.expm(A)


@pytest.mark.parametrize("matrix", [A, A.T, C], ids=lambda m: str(m.shape))
def test_gradients_of_factors_that_are_used(matrix):
    """Of what does not depend on the signs that the factors are free to have."""
    def rebuilt(x):
        s, u, v = tf.linalg.svd(x)
        return tf.matmul(u * tf.expand_dims(tf.sqrt(s), -2), v, transpose_b=True)

    check_gradients(rebuilt, [matrix])
    check_gradients(lambda x: tf.linalg.eigvalsh(tf.matmul(x, x, transpose_a=True)) if x.shape[-1] < 4 else
                    tf.linalg.eigvalsh(tf.matmul(x, x, transpose_b=True)), [matrix])


def test_factors_without_a_gradient_say_so():
    x = tf.constant(A.T)
    with tf.GradientTape() as tape:
        tape.watch(x)
        q, _ = tf.linalg.qr(x)
    with pytest.raises(ValueError, match="at least as many rows"):
        tape.gradient(q, x)


def test_norms():
    for options in ({}, {"axis": 1}, {"ord": 1, "axis": 0}, {"ord": np.inf, "axis": 1}, {"ord": 3, "axis": 1}):
        expected = np.linalg.norm(A if "axis" in options else A.ravel(), **options)
        np.testing.assert_allclose(np.asarray(tf.norm(A, **options)), expected, rtol=1e-12)
    for order in (1, np.inf, "fro"):
        np.testing.assert_allclose(np.asarray(tf.norm(C, ord=order, axis=[-2, -1])),
                                   np.linalg.norm(C, ord=order, axis=(-2, -1)), rtol=1e-12)
    np.testing.assert_allclose(tf.norm(C, ord=2, axis=[-2, -1]), np.linalg.norm(C, ord=2, axis=(-2, -1)), rtol=1e-12)
    assert tf.norm(C, ord=2, axis=[1, 2], keepdims=True).shape == (2, 1, 1)
    assert tf.norm(A, axis=1, keepdims=True).shape == (4, 1)
    unit, size = tf.linalg.normalize(A, axis=1)
    np.testing.assert_allclose(np.asarray(unit * size), A, rtol=1e-12)
    with pytest.raises(ValueError, match="nuclear"):
        tf.norm(A, ord="nuclear")


def test_clipping_by_norm():
    x = tf.constant([3.0, 4.0])
    assert tf.clip_by_norm(x, 1.0).numpy().tolist() == pytest.approx([0.6, 0.8])
    assert tf.clip_by_norm(x, 9.0).numpy().tolist() == [3, 4]
    assert tf.clip_by_norm(tf.zeros(2), 1.0).numpy().tolist() == [0, 0]
    (a, none, b), size = tf.clip_by_global_norm([x, None, x], 1.0)
    assert float(size) == pytest.approx(50**0.5)
    assert none is None
    assert float(tf.linalg.global_norm([a, b])) == pytest.approx(1)
    (bad,), _ = tf.clip_by_global_norm([tf.constant([np.inf])], 1.0)
    assert np.isnan(bad.numpy()).all()
    with pytest.raises(TypeError, match="list"):
        tf.clip_by_global_norm(x, 1.0)
