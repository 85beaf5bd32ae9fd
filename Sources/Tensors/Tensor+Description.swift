// SPDX-License-Identifier: Apache-2.0
// A one-line description of a tensor.

extension Tensor: CustomStringConvertible {
  /// `float32[1, 28, 28]`, with the value if there is only one.
  package var description: String {
    let type = "\(dtype)\(shape)"
    guard count == 1, dtype != .string else { return type }
    return dtype.isFloat ? "\(type) \(doubles()[0])" : "\(type) \(integers()[0])"
  }
}
