// SPDX-License-Identifier: Apache-2.0
// Results of coremltools' own operator tests: the most recent counts, and the tests that cannot pass.

extension OperatorsPage {
  static let conformance = """
    ## Conformance

    coremltools 9.0's own tests with `MLModel.predict` answered by Wane, neural networks left out, on Linux without
    TensorFlow. An expected failure is one that coremltools marks as such; those that pass all the same are among the passed.

    | Tests | Passed | Failed | Expected failures | Skipped by coremltools |
    |---|---|---|---|---|
    | operators (`mil/ops/tests`) | 8545 | 14 | 30 | 1455 |
    | PyTorch conversion (`test_torch_ops.py`) | 9747 | 5 | 312 | 1312 |

    Counted over several builds: every case was run once, the failed ones again after the last change.

    | Failed | Cases | Why |
    |---|---|---|
    | `TestScatter`, `TestScatterAlongAxis`, `TestScatterNd`: `test_ios17_invalid_indices` | 6 | want the words of Core ML's error; Wane's names operator, index and extent |
    | `TestCropResize::test_builder_to_backend_smoke`, iOS15 | 2 | want the whole image for a box outside of it (above) |
    | `TestSliceByIndex::test_slice_by_index`, `…_slice_squeeze_separate`, `TestConv::test_type_inference_dynamic_x_with_groups` | 6 | predict with a neural network |
    | `TestHardswish::test_longer_range_input_element_values` | 1 | predicts with a neural network |
    | `TestStack::test_stack_dynamic_range_dim`, default extent 2 | 4 | want an error because the default shape does not fit; Wane plans for the shape it is given, which does |

    """
}
