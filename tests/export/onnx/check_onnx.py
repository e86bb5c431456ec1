"""Checks the ONNX files of onnx_cases: python3-onnx's full checker, what the files say about
themselves, that codes of 4 and 8 bits are the weights, and, since no runtime here knows BipolarQuant
and Quant, the QONNX dialect by evaluating it.

    python3 check_onnx.py DIRECTORY
"""
import glob
import json
import os
import sys

import numpy as np
import onnx
from numpy.lib.stride_tricks import sliding_window_view
from onnx import checker, numpy_helper, shape_inference

QONNX_DOMAIN = "qonnx.custom_op.general"
TEXTS = {"run": "0123abcd", "spec": "dataset: mnist\n", "accuracy": "0.9", "tool": "1.2.3"}
IMAGES_MAX = 200  # of a case, evaluated here
STANDARD = {"Add", "AveragePool", "BitShift", "Cast", "Clip", "Concat", "Conv", "Flatten",
            "Floor", "Gather", "Gemm", "GreaterOrEqual", "MaxPool", "Mod", "Mul", "PRelu", "Pad",
            "ReduceSum", "Reshape", "Slice", "Sub", "Where", "Xor"}
INT4 = 22  # of TensorProto, from opset 21 on, which python3-onnx may not know
ROUNDING = 1.5 * 2 ** 23  # what a quantizer adds, and takes away again


def dims_of(value):
    return [d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim]


def check_frame(model, case, dialect, source):
    """Versions, texts, input and output."""
    opsets = {o.domain: o.version for o in model.opset_import}
    fours = any(t.data_type == INT4 for t in model.graph.initializer)
    assert dialect == "packed" or not fours
    expected = {"": 21 if fours else 17} | ({QONNX_DOMAIN: 1} if dialect == "qonnx" else {})
    assert model.ir_version == (10 if fours else 8) and opsets == expected, opsets
    assert (model.producer_name, model.producer_version) == ("bnnrun", "1.2.3")
    assert {m.key: m.value for m in model.metadata_props} == TEXTS
    (put,), (out,) = model.graph.input, model.graph.output
    pixels = source == "pixels"
    assert put.name == ("pixels" if pixels else "image")
    kind = onnx.TensorProto.UINT8 if pixels else onnx.TensorProto.FLOAT
    assert put.type.tensor_type.elem_type == kind
    assert dims_of(put) == ["N"] + case["shape"], dims_of(put)
    assert out.name == "logits" and dims_of(out) == ["N", case["classes"]], dims_of(out)


def check_nodes(model, dialect):
    names = [n.name for n in model.graph.node] + [t.name for t in model.graph.initializer]
    assert len(set(names)) == len(names), "names are not unique"
    used = {i for n in model.graph.node for i in n.input}
    unused = [t.name for t in model.graph.initializer if t.name not in used]
    assert not unused, f"nobody uses {unused}"
    for node in model.graph.node:
        if node.op_type in ("BipolarQuant", "Quant"):
            assert dialect == "qonnx" and node.domain == QONNX_DOMAIN
        else:
            known = STANDARD | {"qonnx": {"MatMul"}, "packed": {"DequantizeLinear"}}.get(dialect, set())
            assert node.domain == "" and node.op_type in known, node.op_type


def widen_fours(model):
    """Integers of 4 bits become such of 8, and the file one of opset 17."""
    for t in model.graph.initializer:
        if t.data_type == INT4:
            n = int(np.prod(t.dims))
            assert len(t.raw_data) == (n + 1) // 2
            pairs = np.frombuffer(t.raw_data, np.uint8)
            fours = np.stack([pairs & 15, pairs >> 4], axis=1).reshape(-1)
            assert not fours[n:].any(), "places that are left over are not 0"
            t.raw_data = ((fours[:n].astype(np.int8) ^ 8) - 8).astype(np.int8).tobytes()
            t.data_type = onnx.TensorProto.INT8
    model.opset_import[0].version, model.ir_version = 17, 8


def check_codes(packed, standard):
    """Codes are the weights of the other dialect. Returns how many tensors of them there are."""
    weights = {t.name: numpy_helper.to_array(t) for t in standard.graph.initializer}
    codes = {t.name: numpy_helper.to_array(t) for t in packed.graph.initializer}
    whole = [n for n in packed.graph.node if n.op_type == "DequantizeLinear"]
    for node in whole:
        name, scale = node.input
        assert codes[name].dtype == np.int8 and codes[scale] == 1
        assert np.array_equal(codes[name], weights[node.output[0]]), f"{name} differs"
    return len(whole)


def windows(x, node, border=0):
    """[N][C][H][W] -> [N][C][h][w][kernel][kernel]."""
    attribute = {a.name: list(a.ints) for a in node.attribute}
    assert not any(attribute.get("pads", [])) or node.op_type == "Conv"
    top, left, bottom, right = attribute.get("pads", [0, 0, 0, 0])
    x = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)), constant_values=border)
    down, across = attribute["strides"]
    view = sliding_window_view(x, attribute["kernel_shape"], axis=(2, 3))
    return view[:, :, ::down, ::across]


def average(view):
    """Training's order of additions, in float32."""
    total = np.float32(view[..., 0, 0])
    taps = [(i, j) for i in range(view.shape[-2]) for j in range(view.shape[-1])]
    for i, j in taps[1:]:
        total = total + np.float32(view[..., i, j])
    return total * np.float32(1 / len(taps))


def convolve(node, view, weights):
    """Each part of the output channels sees its part of the inputs."""
    groups = next((a.i for a in node.attribute if a.name == "group"), 1)
    parts = zip(np.split(view, groups, axis=1), np.split(weights, groups))
    return np.concatenate([np.einsum("nchwij,ocij->nohw", x, w, optimize=True) for x, w in parts],
                          axis=1)


def quantize(node, x, scale, zero, bits):
    """QONNX's Quant, as its documentation has it."""
    attribute = {a.name: a for a in node.attribute}
    signed, narrow = attribute["signed"].i, attribute["narrow"].i
    assert attribute["rounding_mode"].s == b"ROUND" and scale == 1 and zero == 0
    most = 2 ** (bits - signed) - 1
    least = narrow - 2 ** (bits - 1) if signed else 0
    return np.float32(np.clip(np.round(x), least, most))


def apply(node, x):
    """One operation; sums in float64, and a Mul unrounded, so that Mul and Add round once."""
    op = node.op_type
    if op == "BipolarQuant":
        return np.where(x[0] >= 0, x[1], -x[1])
    if op == "Quant":
        return quantize(node, *x)
    if op == "Cast":
        assert node.attribute[0].i == onnx.TensorProto.FLOAT
        return np.float32(x[0])
    if op == "Mul":
        return np.float64(x[0]) * np.float64(x[1])
    if op == "Sub":
        return np.float32(x[0] - x[1])
    if op == "Add":
        return np.float32(np.float64(x[0]) + np.float64(x[1]))
    if op == "Conv":
        y = convolve(node, windows(np.float64(x[0]), node), np.float64(x[1]))
        return np.float32(y + x[2][None, :, None, None] if len(x) > 2 else y)
    if op == "MatMul":
        return np.float32(np.float64(x[0]) @ np.float64(x[1]))
    if op == "MaxPool":
        return windows(x[0], node).max(axis=(-2, -1))
    if op == "AveragePool":
        return average(windows(x[0], node))
    if op == "Pad":
        n = x[0].ndim
        return np.pad(x[0], list(zip(x[1][:n], x[1][n:])), constant_values=x[2])
    if op == "Clip":
        y = x[0] if x[1] is None else np.maximum(x[0], x[1])
        return y if len(x) < 3 else np.minimum(y, x[2])
    if op == "Floor":
        return np.floor(np.float32(x[0]))
    if op == "Slice":
        of = {int(axis): slice(int(start), int(end)) for start, end, axis in zip(*x[1:])}
        return x[0][tuple(of.get(axis, slice(None)) for axis in range(x[0].ndim))]
    if op == "GreaterOrEqual":
        return x[0] >= x[1]
    if op == "Where":
        return np.float32(np.where(x[0], x[1], x[2]))
    if op == "PRelu":
        return np.where(x[0] >= 0, x[0], x[0] * x[1])
    if op == "Flatten":
        return x[0].reshape(len(x[0]), -1)
    if op == "Reshape":
        return x[0].reshape([x[0].shape[0]] + [int(d) for d in x[1][1:]])
    raise AssertionError(f"no {op} here")


def evaluate(model, x):
    values = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
    values[model.graph.input[0].name] = x
    for node in model.graph.node:
        inputs = [values[i] if i else None for i in node.input]
        values[node.output[0]] = apply(node, inputs)
    return np.float32(values["logits"])


def check_qonnx(model, case, source, base, n_codes):
    """Weights, signs and activations are behind BipolarQuant or Quant, and the logits are the trainer's."""
    n = min(case["images"], IMAGES_MAX)
    pixels = np.fromfile(base + ".images", np.uint8).reshape([-1] + case["shape"])[:n]
    wanted = np.fromfile(base + ".logits", np.float32).reshape(-1, case["classes"])[:n]
    x = pixels if source == "pixels" else (np.float32(pixels) - 128) / 128
    got = evaluate(model, x)
    constants = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
    quants = [node for node in model.graph.node if node.op_type == "Quant"]
    assert quants or any(node.op_type == "BipolarQuant" for node in model.graph.node), "all floats"
    of_weights = [node for node in quants if node.input[0] in constants]
    # Weights that are negated, where the least sum of a pool counts, may be 128, and no byte.
    assert len(of_weights) >= n_codes, f"{len(of_weights)} weights of {n_codes} behind a Quant"
    for node in of_weights:
        weight = constants[node.input[0]]
        assert np.array_equal(quantize(node, *(constants[i] for i in node.input)), weight)
    rounds = any((v == ROUNDING).any() for v in constants.values())
    assert not rounds or base.endswith("dorefa"), "rounding is no Quant"  # an STE's is none
    if case["promise"] == "bits":
        assert np.array_equal(got, wanted, equal_nan=True), "logits differ"
    elif case["promise"] == "decisions":
        with np.errstate(all="ignore"):
            assert np.abs(got - wanted).max() <= 1e-5 * np.abs(wanted).max(), "logits differ"
    else:
        differ = int((got.argmax(1) != wanted.argmax(1)).sum())
        assert differ == 0, f"{differ} classes differ"
    return n


def main(directory):
    cases = sorted(glob.glob(os.path.join(directory, "*.json")))
    n_files = n_images = n_wrong = n_tensors = 0
    for path in cases:
        base = path[: -len(".json")]
        with open(path, encoding="utf-8") as file:
            case = json.load(file)
        for source in "pixels", "floats":
            for dialect in ("standard", "packed", "qonnx")[: case["dialects"]]:
                name = f"{base}.{dialect}.{source}.onnx"
                n_files += 1
                try:
                    model = onnx.load(name)
                    check_frame(model, case, dialect, source)
                    widen_fours(model)
                    checker.check_model(model, full_check=dialect != "qonnx")
                    if dialect != "qonnx":
                        shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
                    check_nodes(model, dialect)
                    if dialect == "standard":
                        standard = model
                    if dialect == "packed":
                        n_codes = check_codes(model, standard)
                        n_tensors += n_codes
                    if dialect == "qonnx":
                        n_images += check_qonnx(model, case, source, base, n_codes)
                    spare = os.path.getsize(name) - case["model_bytes"]
                    if dialect == "packed" and case["shape"] == [1, 28, 28]:
                        # An STE with a forward of its own is several operations, each with two
                        # doubles a channel; so is a scale, which exact_3 has besides, and what
                        # makes codes.
                        is_several = base.endswith(("dorefa", "heaviside"))
                        most = 14 if base.endswith(("exact_3", "widths")) else 9 if is_several else 6
                        assert spare <= most * 1024, f"{spare} bytes more than the model file"
                except Exception as problem:  # every file is looked at
                    n_wrong += 1
                    print(f"{os.path.basename(name)}: {type(problem).__name__}: {problem}")
    print(f"python3-onnx {onnx.__version__}: {n_files} files, {n_wrong} of them wrong; "
          f"{n_tensors} tensors of codes; {n_images} images through BipolarQuant and Quant")
    return 1 if n_wrong or not n_tensors else 0


sys.exit(main(sys.argv[1]))
