"""Floor 5: NumPy's types and numbers as C."""

import numpy as np

C_TYPES = {"bool": "bool", "int8": "signed char", "uint8": "unsigned char", "int16": "short",
           "uint16": "unsigned short", "int32": "int", "uint32": "unsigned int", "int64": "long long",
           "uint64": "unsigned long long", "float32": "float", "float64": "double"}


def literal(value):
    """A NumPy number as C."""
    if value.dtype.kind == "b":
        return "true" if value else "false"
    if value.dtype.kind in "iu":
        suffix = {"int64": "LL", "uint64": "ULL", "uint32": "U"}.get(value.dtype.name, "")
        if value.dtype.name == "int64" and value == np.iinfo(np.int64).min:
            return "(-9223372036854775807LL - 1)"
        if value.dtype.name == "int32" and value == np.iinfo(np.int32).min:
            return "(-2147483647 - 1)"
        return f"({value}{suffix})" if value < 0 else f"{value}{suffix}"
    one = "f" if value.dtype.name == "float32" else ""
    if np.isnan(value):
        return f"(({C_TYPES[value.dtype.name]})NAN)"
    if np.isinf(value):
        return f"({'-' if value < 0 else ''}({C_TYPES[value.dtype.name]})INFINITY)"
    text = repr(float(str(value)) if one else float(value))
    text = str(value) if one else text
    text += "" if any(c in text for c in ".en") else ".0"
    return f"({text}{one})" if value < 0 or text.startswith("-") else text + one
