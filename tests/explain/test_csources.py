"""The C sources, piece by piece."""

import pytest

from tinynn import _bridge
from tinynn.explain import csources


def test_sources_are_found():
    """In the package where it is installed, beside it in a checkout."""
    assert csources.folder() is not None
    assert set(csources.rows()) == set(_bridge.kernels())


@pytest.mark.parametrize("kernel", sorted(_bridge.kernels()))
def test_every_kernel_has_a_beginning(kernel):
    row = csources.rows()[kernel]
    assert row.elementwise or csources.entry_of(kernel) in csources.pieces()


def test_rows_are_read_whole():
    relu, clip, where = (csources.rows()[name] for name in ("relu", "clip_by_value", "where"))
    assert (relu.kind, relu.arguments) == ("UNARY", ("x <= 0 ? (T)0 : x",))
    assert clip.arguments == ("VM(minimum)(VM(maximum)(x, y), z)",)
    assert where.arguments == ("3", "1", "1", "0", "infer_where", "NO_SCRATCH")


def test_readable():
    assert csources.readable("VM(exp)((T)2 * x) + (U)y") == "exp(2 * x) + y"


def test_macros_are_written_out():
    body = "static T K(name##_of)(T x) {\n    __VA_ARGS__\n}"
    written = csources.write_out(["name", "..."], body, "twice,\n    const T y = x, z = y;\n    return f(y, z);")
    assert written == "static T K(twice_of)(T x) {\n    const T y = x, z = y;\n    return f(y, z);\n}"


def test_an_argument_that_is_named_like_a_parameter_stays():
    assert csources.write_out(["x", "y"], "x + y; /* of x and y */", "y, x") == "y + x; /* of x and y */"


def test_pieces_of_a_file():
    text = ("/* a.h: about the file. */\n#include <b.h>\n\n/* Twice\n * x. */\nstatic int twice(int x) {\n"
            "    return 2 * x;\n}\nint other(int x); /* declared */\nenum { K(a) = 1, K(b) };\n"
            "#define M(n) \\\n    f(n)\n")
    assert [(line, comment, code.split("\n")[0]) for line, comment, code in csources.chunks(text)] == [
        (6, "/* Twice\n * x. */", "static int twice(int x) {"), (9, "", "int other(int x); /* declared */"),
        (10, "", "enum { K(a) = 1, K(b) };"), (11, "", "#define M(n) \\")]


def test_names_of_pieces():
    assert csources._names("static K(philox) K(philox_from)(uint64_t seed0) {") == ["K(philox_from)"]
    assert csources._names("tn_status infer_where(const tn_args *args) {") == ["infer_where"]
    assert csources._names("enum { K(a) = 1, K(b) = 2 };") == ["K(a)", "K(b)"]
    assert csources._names("static const tn_fold K(sum_fold) = {sizeof(A)};") == ["K(sum_fold)"]


def test_comments_come_from_declarations_too():
    pieces = csources.pieces()
    assert pieces["infer_compare"].comment == "the same; TN_BOOL out"
    assert pieces["tn_reduce"].comment.startswith("Reduces args->in[0]")
    assert pieces["infer_random"].comment.startswith("the result of the random kernels")
