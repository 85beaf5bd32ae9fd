// SPDX-License-Identifier: Apache-2.0
// The error for a computation on tensors that is not defined.

import Tensors

/// A computation that is not defined for its operands. `function` is the name that scripts call.
package enum AlgebraError: Error, Equatable, Sendable {
  /// Shapes that do not broadcast; `axis` counts from the end, -1 is the last.
  case shapes(function: String, [Shape], axis: Int)
  /// Operands of a product whose inner extents differ.
  case innerExtents(function: String, Shape, Shape)
  /// An axis that the shape does not have.
  case axis(function: String, axis: Int, shape: Shape)
  case repeatedAxis(function: String, axis: Int)
  /// A reduction without a result for no elements.
  case noElements(function: String, shape: Shape, axes: [Int])
  case dtype(function: String, found: DType, expected: String)
  /// An index outside an axis.
  case index(function: String, index: Int, axis: Int, extent: Int)
  /// A number that the dtype of the other operand cannot hold.
  case scalar(function: String, number: String, dtype: DType)
  /// An integer divided by 0; `index` is that of the first 0 in the divisor, `nil` if this is a number.
  case zeroDivisor(function: String, index: [Int]?)
  /// A result that does not fit in memory.
  case tooLarge(function: String, dtype: DType, shape: Shape)
  /// Any other argument that is out of range.
  case argument(function: String, problem: String)
  /// A matrix without the required property.
  case matrix(function: String, problem: String)
  /// LAPACK is not installed.
  case noLibrary(function: String)
  case interrupted
}

extension AlgebraError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .shapes(let function, let shapes, let axis):
      let extents = shapes.map { shape in shape.count + axis >= 0 ? "\(shape[shape.count + axis])" : "1" }
      return
        "\(function): the shapes \(Self.list(shapes)) do not broadcast: axis \(axis) has the extents \(extents.joined(separator: " and "))"
    case .innerExtents(let function, let a, let b):
      let (k, l) = (a.last ?? 1, b.count > 1 ? b[b.count - 2] : b.first ?? 1)
      return "\(function): the shapes \(Self.list([a, b])) do not match: axis -1 of the first has \(k) elements, "
        + "axis \(b.count > 1 ? -2 : -1) of the second \(l)"
    case .axis(let function, let axis, let shape):
      return shape.isEmpty
        ? "\(function): axis \(axis) is outside a tensor of rank 0, which has no axes"
        : "\(function): axis \(axis) is outside a tensor of rank \(shape.count) (shape \(shape)); axes are 0 to \(shape.count - 1)"
    case .repeatedAxis(let function, let axis): return "\(function): axis \(axis) is named twice"
    case .noElements(let function, let shape, let axes):
      let place = axes.isEmpty ? "" : " along axis \(axes.map(String.init).joined(separator: ", "))"
      return "\(function): there are no elements\(place) in a tensor of shape \(shape)"
    case .dtype(let function, let found, let expected): return "\(function): expected \(expected), found \(found)"
    case .index(let function, let index, let axis, let extent):
      return "\(function): index \(index) is outside axis \(axis), which has \(extent) positions (from 0)"
    case .scalar(let function, let number, let dtype):
      return "\(function): \(number) does not fit \(dtype), the dtype of the tensor"
    case .zeroDivisor(let function, let index):
      let place = index.map { $0.isEmpty ? "" : " at { \($0.map(String.init).joined(separator: ", ")) }" } ?? ""
      return "\(function): the divisor is 0\(place), and integers have no quotient by 0"
    case .tooLarge(let function, let dtype, let shape):
      return "\(function): the result \(dtype)\(shape) does not fit in memory"
    case .argument(let function, let problem), .matrix(let function, let problem): return "\(function): \(problem)"
    case .noLibrary(let function): return "\(function): the library OpenBLAS (or LAPACK) is not installed"
    case .interrupted: return "interrupted"
    }
  }

  /// What to try; `nil` if the message says it.
  package var hint: String? {
    switch self {
    case .shapes(_, let shapes, _): shapes.count == 2 ? "t:reshape or t:unsqueeze adds the axes of extent 1 that repeat" : nil
    case .scalar: "t:cast \"int64\" or \"float32\" holds more"
    case .zeroDivisor: "t:cast \"float32\" divides as NumPy does, with inf and nan"
    case .noLibrary: "apt-get install libopenblas0-pthread"
    default: nil
    }
  }

  private static func list(_ shapes: [Shape]) -> String { shapes.map { "\($0)" }.joined(separator: " and ") }
}
