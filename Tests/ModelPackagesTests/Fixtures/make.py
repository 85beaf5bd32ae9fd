#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the packages of this folder with coremltools 9.0, and expected.json: their content as read by coremltools.

  python make.py
"""
import json
import os
import shutil

import coremltools as ct
import numpy as np
from coremltools.converters.mil.mil import Builder as mb
from coremltools.converters.mil.mil import types
from coremltools.optimize import coreml as cto

HERE = os.path.dirname(os.path.abspath(__file__))
RANDOM = np.random.default_rng(7)


def weight(*shape):
    return RANDOM.standard_normal(shape).astype(np.float32)


def linear(x, w, name=None):
    return mb.linear(x=x, weight=w, name=name) if name else mb.linear(x=x, weight=w)


def convert(program, **options):
    return ct.convert(program, convert_to="mlprogram", compute_precision=options.pop("precision", ct.precision.FLOAT32),
                      skip_model_load=True, **options)


def plain():
    w = weight(4, 6)

    @mb.program(input_specs=[mb.TensorSpec(shape=(1, 6))], opset_version=ct.target.iOS15)
    def program(x):
        return mb.relu(x=linear(x, w), name="y")

    model = convert(program, minimum_deployment_target=ct.target.iOS15)
    model.author, model.license, model.version = "An author", "A licence", "1.2"
    model.short_description = "A linear layer"
    model.user_defined_metadata["note"] = "größer"
    return model


def half():
    w = weight(4, 6)

    @mb.program(input_specs=[mb.TensorSpec(shape=(1, 6))], opset_version=ct.target.iOS16)
    def program(x):
        return mb.add(x=linear(x, w), y=np.float32(0.5), name="y")

    return convert(program, minimum_deployment_target=ct.target.iOS16, precision=ct.precision.FLOAT16)


def flexible():
    w = weight(4, 6)
    shape = ct.Shape(shape=(ct.RangeDim(1, 9, default=2), 6))

    @mb.program(input_specs=[mb.TensorSpec(shape=(mb_symbol(), 6))],
                opset_version=ct.target.iOS17)
    def program(x):
        return linear(x, w, "y")

    return convert(program, inputs=[ct.TensorType("x", shape=shape)], minimum_deployment_target=ct.target.iOS17)


def enumerated():
    w = weight(4, 6)
    shapes = ct.EnumeratedShapes(shapes=[(1, 6), (4, 6)], default=(1, 6))

    @mb.program(input_specs=[mb.TensorSpec(shape=(mb_symbol(), 6))], opset_version=ct.target.iOS17)
    def program(x):
        return linear(x, w, "y")

    return convert(program, inputs=[ct.TensorType("x", shape=shapes)], minimum_deployment_target=ct.target.iOS17)


def mb_symbol():
    from coremltools.converters.mil.mil import get_new_symbol
    return get_new_symbol()


def classifier():
    w = weight(3, 3 * 4 * 5)

    @mb.program(input_specs=[mb.TensorSpec(shape=(1, 3, 4, 5))], opset_version=ct.target.iOS16)
    def program(image):
        flat = mb.reshape(x=image, shape=[1, 60])
        return mb.softmax(x=linear(flat, w), axis=-1, name="probabilities")

    image = ct.ImageType("image", shape=(1, 3, 4, 5), color_layout=ct.colorlayout.BGR, scale=1 / 255)
    return convert(program, inputs=[image], classifier_config=ct.ClassifierConfig(["cat", "dog", "ämsel"]),
                   minimum_deployment_target=ct.target.iOS16)


def int_classifier():
    w = weight(3, 6)

    @mb.program(input_specs=[mb.TensorSpec(shape=(1, 6))], opset_version=ct.target.iOS16)
    def program(x):
        return mb.softmax(x=linear(x, w), axis=-1, name="probabilities")

    return convert(program, classifier_config=ct.ClassifierConfig([5, -1, 1 << 40]),
                   minimum_deployment_target=ct.target.iOS16)


def state():
    @mb.program(input_specs=[mb.TensorSpec(shape=(4,), dtype=types.fp16), mb.StateTensorSpec((4,), dtype=types.fp16)],
                opset_version=ct.target.iOS18)
    def program(x, acc):
        value = mb.add(x=mb.read_state(input=acc), y=x)
        mb.coreml_update_state(state=acc, value=value)
        return mb.mul(x=value, y=np.float16(2), name="y")

    return convert(program, minimum_deployment_target=ct.target.iOS18, precision=ct.precision.FLOAT16)


def palette():
    w = weight(32, 32)

    @mb.program(input_specs=[mb.TensorSpec(shape=(1, 32))], opset_version=ct.target.iOS18)
    def program(x):
        return linear(x, w, "y")

    model = convert(program, minimum_deployment_target=ct.target.iOS18, precision=ct.precision.FLOAT16)
    config = cto.OptimizationConfig(cto.OpPalettizerConfig(nbits=4, mode="uniform", weight_threshold=0))
    return cto.palettize_weights(model, config)


def loop():
    @mb.program(input_specs=[mb.TensorSpec(shape=(2,))], opset_version=ct.target.iOS16)
    def program(x):
        limit = np.array([8.0], dtype=np.float32)
        out = mb.while_loop(_cond=lambda a: mb.less(x=mb.reduce_sum(x=a, axes=[0], keep_dims=False), y=np.float32(8)),
                            _body=lambda a: mb.add(x=a, y=limit), loop_vars=(x,))
        return mb.identity(x=out, name="y")

    return convert(program, minimum_deployment_target=ct.target.iOS16)


def integers():
    table = np.arange(-20, 20, dtype=np.int32).reshape(20, 2)

    @mb.program(input_specs=[mb.TensorSpec(shape=(3,), dtype=types.int32)], opset_version=ct.target.iOS18)
    def program(x):
        a = mb.gather(x=table, indices=x, axis=0)
        b = mb.gather(x=table.astype(np.int16), indices=x, axis=0)
        c = mb.gather(x=table.astype(np.int8)[:4], indices=x, axis=0)
        return (mb.add(x=mb.cast(x=b, dtype="int32"), y=a, name="y"), mb.cast(x=c, dtype="int32", name="z"))

    return convert(program, minimum_deployment_target=ct.target.iOS18)


def multifunction(folder):
    paths = []
    for name, seed in (("a", 1), ("b", 2)):
        shared = np.random.default_rng(3).standard_normal((4, 6)).astype(np.float32)
        own = np.random.default_rng(seed).standard_normal((4, 4)).astype(np.float32)

        @mb.program(input_specs=[mb.TensorSpec(shape=(1, 6))], opset_version=ct.target.iOS18)
        def program(x):
            return linear(linear(x, shared), own, "y")

        path = os.path.join(folder, f"part_{name}.mlpackage")
        convert(program, minimum_deployment_target=ct.target.iOS18).save(path)
        paths.append(path)
    descriptor = ct.utils.MultiFunctionDescriptor()
    descriptor.add_function(paths[0], src_function_name="main", target_function_name="first")
    descriptor.add_function(paths[1], src_function_name="main", target_function_name="second")
    descriptor.default_function_name = "second"
    target = os.path.join(folder, "multifunction.mlpackage")
    ct.utils.save_multifunction(descriptor, target)
    for path in paths:
        shutil.rmtree(path)


def expectation(path):
    """The content of a package as read by coremltools."""
    spec = ct.utils.load_spec(path)
    functions = {}
    for name, function in spec.mlProgram.functions.items():
        block = function.block_specializations[function.opset]
        functions[name] = {
            "opset": function.opset,
            "inputs": sorted(i.name for i in function.inputs),
            "outputs": list(block.outputs),
            "operations": [o.type for o in block.operations],
        }
    sums = {}
    program = ct.converters.mil.frontend.milproto.load.load(
        spec, spec.specificationVersion, os.path.join(path, "Data/com.apple.CoreML/weights"))
    for name, function in program.functions.items():
        for operation in function.find_ops(op_type="const"):
            value = operation.outputs[0].val
            if isinstance(value, np.ndarray) and value.size >= 10 and value.dtype.kind in "fiu":
                sums[f"{name}/{operation.outputs[0].name}"] = float(value.astype(np.float64).sum())
    return {"version": spec.specificationVersion, "functions": functions, "sums": sums}


def main():
    for name in os.listdir(HERE):
        if name.endswith(".mlpackage"):
            shutil.rmtree(os.path.join(HERE, name))
    makers = [plain, half, flexible, enumerated, classifier, int_classifier, state, palette, loop, integers]
    for maker in makers:
        maker().save(os.path.join(HERE, maker.__name__ + ".mlpackage"))
    multifunction(HERE)
    expected = {}
    for name in sorted(os.listdir(HERE)):
        if name.endswith(".mlpackage"):
            expected[name] = expectation(os.path.join(HERE, name))
    with open(os.path.join(HERE, "expected.json"), "w") as f:
        json.dump(expected, f, indent=1, sort_keys=True, ensure_ascii=False)
        f.write("\n")


if __name__ == "__main__":
    main()
