# SPDX-License-Identifier: Apache-2.0
"""Writes the packages of this folder. Run it in this folder with a Python that has coremltools 9.0.

scalar.mlpackage: y = x0 + x1 + x2, of rank 0.
classifier.mlpackage: three classes with names out of order, one sample at a time.
functions.mlpackage: two functions that share one weight and have another one each, of the same name.
"""
import shutil

import coremltools as ct
import numpy as np
from coremltools.converters.mil import Builder as mb


def save(program, name, target=ct.target.iOS16, **options):
    ct.convert(program, minimum_deployment_target=target, compute_precision=ct.precision.FLOAT32, **options).save(name)


@mb.program(input_specs=[mb.TensorSpec(shape=(3,))], opset_version=ct.target.iOS16)
def scalar(x):
    return mb.reduce_sum(x=x, axes=[0], keep_dims=False, name="y")


save(scalar, "scalar.mlpackage")


@mb.program(input_specs=[mb.TensorSpec(shape=(1, 4))], opset_version=ct.target.iOS16)
def classifier(x):
    weight = np.random.default_rng(1).standard_normal((3, 4)).astype(np.float32)
    return mb.softmax(x=mb.linear(x=x, weight=weight, bias=np.zeros(3, np.float32), name="scores"), axis=-1, name="shares")


save(classifier, "classifier.mlpackage", classifier_config=ct.ClassifierConfig(["red", "green", "blue"]))


def layers(seed):
    shared = np.random.default_rng(2).standard_normal((16, 16)).astype(np.float32)
    own = np.random.default_rng(seed).standard_normal((16, 16)).astype(np.float32)

    @mb.program(input_specs=[mb.TensorSpec(shape=(1, 16))], opset_version=ct.target.iOS18)
    def program(x):
        return mb.linear(x=mb.linear(x=x, weight=shared, name="shared"), weight=own, name="own")

    return program


descriptor = ct.utils.MultiFunctionDescriptor()
for seed, name in [(3, "one"), (4, "two")]:
    save(layers(seed), f"{name}.mlpackage", ct.target.iOS18)
    descriptor.add_function(f"{name}.mlpackage", "main", name)
descriptor.default_function_name = "one"
ct.utils.save_multifunction(descriptor, "functions.mlpackage")
for name in ["one", "two"]:
    shutil.rmtree(f"{name}.mlpackage")
