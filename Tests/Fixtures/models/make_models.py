# SPDX-License-Identifier: Apache-2.0
"""Writes scalar.mlpackage: y = x0 + x1 + x2, of rank 0. Run it in this folder with a Python that has coremltools 9.0."""
import coremltools as ct
from coremltools.converters.mil import Builder as mb


@mb.program(input_specs=[mb.TensorSpec(shape=(3,))], opset_version=ct.target.iOS16)
def program(x):
    return mb.reduce_sum(x=x, axes=[0], keep_dims=False, name="y")


ct.convert(
    program, minimum_deployment_target=ct.target.iOS16, compute_precision=ct.precision.FLOAT32
).save("scalar.mlpackage")
