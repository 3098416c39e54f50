"""keras.backend and the names of the keras module."""

import pytest

import tinynn as tf
from tinynn import keras


def test_the_float_type_is_that_of_new_layers():
    try:
        keras.backend.set_floatx("float64")
        layer = keras.layers.Dense(1)
        assert (layer(tf.ones((2, 2))).dtype, layer.weights[0].dtype) == (tf.float64, "float64")
    finally:
        keras.backend.set_floatx("float32")
    assert keras.layers.Dense(1)(tf.ones((2, 2), tf.float64)).dtype == tf.float32


def test_settings():
    assert (keras.backend.floatx(), keras.backend.epsilon()) == ("float32", 1e-7)
    assert keras.backend.image_data_format() == "channels_last"
    assert [keras.backend.get_uid("a") for _ in range(2)] == [1, 2]


def test_every_part_is_found_and_a_wrong_name_answers():
    for name in ("activations", "backend", "callbacks", "constraints", "datasets", "dtype_policies", "initializers",
                 "layers", "losses", "metrics", "models", "optimizers", "regularizers", "tree", "utils"):
        assert getattr(keras, name).__name__ == f"tinynn.keras.{name}"
    assert keras.Model is keras.models.Model and keras.Input is keras.layers.Input
    assert set(dir(keras)) >= {"Sequential", "layers", "Variable"}
    with pytest.raises(AttributeError, match=r"there is no tf.keras.layer; did you mean tf.keras.layers\?"):
        keras.layer  # noqa: B018


def test_settings_of_all_of_keras():
    assert keras.config.backend() == "tensorflow" and keras.version() == keras.__version__
    assert keras.config.is_interactive_logging_enabled()
    keras.config.disable_traceback_filtering()
    assert not keras.config.is_traceback_filtering_enabled()
    with pytest.raises(AttributeError, match="set_dtype_policy"):
        keras.config.set_dtype_polici  # noqa: B018


def test_the_policy_of_layers_that_name_none():
    keras.config.set_dtype_policy("float64")
    try:
        assert keras.config.dtype_policy() == keras.dtype_policies.DTypePolicy("float64")
        layer = keras.layers.Dense(1)
        assert (layer(tf.ones((2, 2))).dtype, layer.weights[0].dtype) == (tf.float64, "float64")
        assert keras.layers.Dense(1, dtype="float32").compute_dtype == "float32"
    finally:
        keras.config.set_dtype_policy(None)
    assert keras.layers.Dense(1).compute_dtype == "float32"
    keras.mixed_precision.set_global_policy("mixed_float16")
    try:
        layer = keras.layers.Dense(1)
        assert (layer.compute_dtype, layer.variable_dtype) == ("float16", "float32")
        assert keras.mixed_precision.global_policy().name == "mixed_float16"
    finally:
        keras.config.set_dtype_policy(None)
    with pytest.raises(ValueError, match="mixed_bfloat16"):
        keras.config.set_dtype_policy("mixed_bfloat16")


def test_dtypes_meet():
    meet = keras.backend.result_type
    assert [meet("int32", "float16"), meet(int, "int8"), meet("uint8", "int8"), meet(float, "int64")] == [
        "float16", "int8", "int16", "float32"]
    assert keras.backend.standardize_dtype(int) == keras.backend.standardize_dtype("int") == "int64"


def test_a_name_scope_is_in_the_path_of_a_variable():
    with keras.name_scope("outer"):
        assert keras.Variable(1.0, name="v").path == "outer/v"


def test_structures():
    tree = keras.tree
    assert tree.map_structure(lambda a, b: a + b, {"a": [1, 2]}, {"a": [3, 4]}) == {"a": [4, 6]}
    assert tree.map_structure(lambda a: a + 1, [1, None], none_is_leaf=False) == [2, None]
    assert tree.map_structure_up_to([0, 0], len, [[1, 2], (3,)]) == [2, 1]
    assert tree.flatten_with_path({"b": [1, (2,)], "a": 3}) == [(("a",), 3), (("b", 0), 1), (("b", 1, 0), 2)]
    assert tree.lists_to_tuples([1, [2], {"a": [3]}]) == (1, (2,), {"a": (3,)})
    assert tree.traverse(lambda x: x * 10 if isinstance(x, int) else None, {"a": [1, 2]}) == {"a": [10, 20]}
    assert tree.traverse(lambda x: tree.MAP_TO_NONE if x == 1 else None, [1, 2]) == [None, 2]
    double = tree.traverse(lambda x: tuple(x) if isinstance(x, list) else None, [[1, 2], 3], top_down=False)
    assert double == ((1, 2), 3)
    assert tree.pack_sequence_as((1, {"a": 2}), [3, 4]) == (3, {"a": 4}) and tree.flatten((1, [2])) == [1, 2]
    with pytest.raises(ValueError, match="differ"):
        tree.assert_same_structure([1], (1, 2))
    with pytest.raises(ValueError, match="differ"):
        tree.map_structure_up_to([0, 0], len, [[1]])
    with pytest.raises(TypeError, match="callable"):
        tree.map_structure(3, [1])
