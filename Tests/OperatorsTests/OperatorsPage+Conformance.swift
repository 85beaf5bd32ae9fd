// SPDX-License-Identifier: Apache-2.0
// Results of coremltools' own operator tests: the most recent counts, and the tests that cannot pass.

extension OperatorsPage {
  static let conformance = """
    ## Conformance

    coremltools 9.0's own tests with `MLModel.predict` replaced by Wane, excluding neural networks, on Linux without
    TensorFlow. An expected failure is one that coremltools marks as such; those that pass anyway count as passed.

    | Tests | Passed | Failed | Expected failures | Skipped by coremltools |
    |---|---|---|---|---|
    | operators (`mil/ops/tests`) | 8545 | 14 | 30 | 1455 |
    | PyTorch conversion (`test_torch_ops.py`) | 9747 | 5 | 312 | 1312 |

    The counts are from several builds: every case was run once, and failed ones again after the last change.

    | Failed | Cases | Reason |
    |---|---|---|
    | `TestScatter`, `TestScatterAlongAxis`, `TestScatterNd`: `test_ios17_invalid_indices` | 6 | expect the text of Core ML's error; Wane's has operator, index and extent |
    | `TestCropResize::test_builder_to_backend_smoke`, iOS15 | 2 | expect the whole image for a box outside of it (see above) |
    | `TestSliceByIndex::test_slice_by_index`, `…_slice_squeeze_separate`, `TestConv::test_type_inference_dynamic_x_with_groups` | 6 | predict with a neural network |
    | `TestHardswish::test_longer_range_input_element_values` | 1 | predicts with a neural network |
    | `TestStack::test_stack_dynamic_range_dim`, default extent 2 | 4 | expect an error because the default shape is invalid; Wane plans for the given shape, which is valid |

    """
}
