"""tf.data from files: lines, names, tables; and tf.io."""

import gzip
import zlib

import numpy as np
import pytest

import tinynn as tf
from tinynn.core.errors import InvalidArgumentError, NotFoundError
from tinynn.data import Dataset

TABLE = 'a,b,c\n1,2.5,x\n3,,y\n5,4.5,"z,w"\n'


def values(dataset):
    return [tf.nest.map_structure(lambda x: np.asarray(x).tolist(), element) for element in dataset]


@pytest.fixture
def table(tmp_path):
    (tmp_path / "t.csv").write_text(TABLE)
    return str(tmp_path / "t.csv")


def test_lines(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"a\nb\n\nc")
    (tmp_path / "b.txt").write_bytes(b"x\r\ny\n")
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"p\nq\n"))
    (tmp_path / "a.zz").write_bytes(zlib.compress(b"p\nq"))
    a, b = str(tmp_path / "a.txt"), str(tmp_path / "b.txt")
    assert values(tf.data.TextLineDataset(a)) == [b"a", b"b", b"", b"c"]
    assert values(tf.data.TextLineDataset([tmp_path / "b.txt", a]))[:3] == [b"x", b"y", b"a"]
    assert values(tf.data.TextLineDataset(Dataset.from_tensors(b))) == [b"x", b"y"]
    both = Dataset.from_tensor_slices([a, b]).interleave(tf.data.TextLineDataset)
    assert values(both)[:4] == [b"a", b"x", b"b", b"y"]
    assert values(tf.data.TextLineDataset(str(tmp_path / "a.gz"), "GZIP")) == [b"p", b"q"]
    assert values(tf.data.TextLineDataset(str(tmp_path / "a.zz"), "ZLIB")) == [b"p", b"q"]
    assert tf.data.TextLineDataset(a).element_spec == tf.TensorSpec((), tf.string)
    with pytest.raises(NotFoundError, match=r"none.txt; No such file"):
        list(tf.data.TextLineDataset(str(tmp_path / "none.txt")))
    with pytest.raises(InvalidArgumentError, match="'ZIP'"):
        tf.data.TextLineDataset(a, "ZIP")


def test_names_of_files(tmp_path):
    for name in ("b.txt", "a.txt", "c.md"):
        (tmp_path / name).touch()
    found = [str(tmp_path / name).encode() for name in ("a.txt", "b.txt")]
    assert values(Dataset.list_files(str(tmp_path / "*.txt"), shuffle=False)) == found
    assert sorted(values(Dataset.list_files(str(tmp_path / "*.txt")))) == found
    assert len(Dataset.list_files([str(tmp_path / "a*"), str(tmp_path / "*.md")])) == 2
    with pytest.raises(InvalidArgumentError, match="No files matched"):
        Dataset.list_files(str(tmp_path / "*.png"))


def test_rows_of_tables(table):
    rows = tf.data.experimental.CsvDataset(table, [tf.int32, 9.0, ""], header=True)
    assert values(rows) == [(1, 2.5, b"x"), (3, 9.0, b"y"), (5, 4.5, b"z,w")]
    assert [spec.dtype for spec in rows.element_spec] == [tf.int32, tf.float32, tf.string]
    one = tf.data.experimental.CsvDataset(table, [tf.string], header=True, select_cols=[2])
    assert values(one) == [(b"x",), (b"y",), (b"z,w",)]
    two = tf.data.experimental.CsvDataset(table, [tf.int64, tf.string], header=True, exclude_cols=[1])
    assert values(two)[0] == (1, b"x")


@pytest.mark.parametrize("defaults, words", [
    ([tf.int32, tf.float32, ""], "Field 1 is required but missing"),
    ([tf.int32, 0, ""], "Field 1 in record is not a valid int32: 2.5"),
    ([tf.int32, 0.0], "Expect 2 fields but have 3")])
def test_rows_that_do_not_fit(table, defaults, words):
    with pytest.raises(InvalidArgumentError, match=words):
        list(tf.data.experimental.CsvDataset(table, defaults, header=True))


def test_tables_as_batches(table):
    make = lambda **options: tf.data.experimental.make_csv_dataset(table, 2, num_epochs=1, shuffle=False, **options)
    assert values(make()) == [{"a": [1, 3], "b": [2.5, 0.0], "c": [b"x", b"y"]}, {"a": [5], "b": [4.5], "c": [b"z,w"]}]
    features, label = next(iter(make(label_name="a", select_columns=["a", "b"])))
    assert list(features) == ["b"] and label.numpy().tolist() == [1, 3] and label.dtype == tf.int32
    texts = make(column_names=["p", "q", "r"], header=False, column_defaults=["", "", ""])
    assert values(texts)[0]["p"] == [b"a", b"1"]
    assert len(values(tf.data.experimental.make_csv_dataset(table, 3, shuffle_seed=1).take(4))) == 4    # without end
    with pytest.raises(ValueError, match="'d'; the columns are a, b, c"):
        make(label_name="d")


def test_columns_have_the_first_type_that_fits(tmp_path):
    (tmp_path / "t.csv").write_text("i,l,f,d,s,e\n1,5000000000,0.5,1e300,1x,\n2,1,1,1,2,\n")
    spec = tf.data.experimental.make_csv_dataset(str(tmp_path / "t.csv"), 2).element_spec
    assert [spec[k].dtype.name for k in "ilfdse"] == ["int32", "int64", "float32", "float64", "string", "int32"]


# ---- tf.io -----------------------------------------------------------------------------------------------------------


def test_whole_files(tmp_path):
    name = str(tmp_path / "folder" / "a.txt")
    tf.io.write_file(name, "né")
    assert tf.io.read_file(tf.constant(name)).numpy() == "né".encode()
    assert tf.io.matching_files(str(tmp_path / "*" / "*.txt")).numpy().tolist() == [name.encode()]
    with pytest.raises(NotFoundError, match="No such file"):
        tf.io.read_file(str(tmp_path / "b.txt"))


def test_fields_of_text():
    a, b, c = tf.io.decode_csv(['1,2.5,"x,y"', "3,,z"], [tf.constant([], tf.int32), [9.0], [""]])
    assert (a.numpy().tolist(), b.numpy().tolist(), c.numpy().tolist()) == ([1, 3], [2.5, 9.0], [b"x,y", b"z"])
    (only,) = tf.io.decode_csv("1;2", [[0]], field_delim=";", select_cols=[1])
    assert int(only) == 2 and only.shape == ()
    with pytest.raises(InvalidArgumentError, match="Field 0 is required"):
        tf.io.decode_csv(",2", [tf.constant([], tf.int32), [0]])
    with pytest.raises(InvalidArgumentError, match="Expect 1 fields but have 2"):
        tf.io.decode_csv("1,2", [[0]])


def test_values_as_text_and_back():
    x = tf.constant([[1.5, 2.0]])
    np.testing.assert_array_equal(tf.io.parse_tensor(tf.io.serialize_tensor(x), tf.float32), x)
    assert tf.io.decode_raw([b"ab", b"cd"], tf.uint8).numpy().tolist() == [[97, 98], [99, 100]]
    assert tf.io.decode_raw(b"\x01\x00\x02\x00", tf.int16).numpy().tolist() == [1, 2]
    assert tf.io.decode_raw(b"\x00\x01", tf.int16, little_endian=False).numpy().tolist() == [1]
    assert tf.io.encode_base64(["abcd", b"\xff\xfe"]).numpy().tolist() == [b"YWJjZA", b"__4"]
    assert tf.io.decode_base64(["YWJjZA", "__4="]).numpy().tolist() == [b"abcd", b"\xff\xfe"]
    for wrong in (lambda: tf.io.parse_tensor("no", tf.float32), lambda: tf.io.decode_raw(["a", "bc"], tf.uint8),
                  lambda: tf.io.parse_tensor(tf.io.serialize_tensor(x), tf.int32), lambda: tf.io.decode_base64("?"),
                  lambda: tf.io.serialize_tensor("a")):
        with pytest.raises(InvalidArgumentError):
            wrong()


def test_files_and_folders(tmp_path):
    gfile, root = tf.io.gfile, str(tmp_path)
    gfile.makedirs(gfile.join(root, "a", "b"))
    name = gfile.join(root, "a", "x.txt")
    with gfile.GFile(name, "w") as file:
        file.write("1\n2\n")
    with gfile.GFile(name) as file:
        assert list(file) == ["1\n", "2\n"] and file.size() == 4
    assert gfile.exists(name) and gfile.isdir(root) and gfile.listdir(gfile.join(root, "a")) == ["b", "x.txt"]
    assert gfile.glob(gfile.join(root, "*", "*.txt")) == [name]
    other = gfile.join(root, "y.txt")
    gfile.copy(name, other)
    for again in (gfile.copy, gfile.rename):
        with pytest.raises(tf.errors.AlreadyExistsError, match="overwrite"):
            again(name, other)
    gfile.rename(name, other, overwrite=True)
    gfile.remove(other), gfile.rmtree(gfile.join(root, "a"))
    assert list(gfile.walk(root)) == [(root, [], [])]
    with pytest.raises(NotFoundError):
        gfile.GFile(name)
