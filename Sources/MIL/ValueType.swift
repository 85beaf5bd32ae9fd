// SPDX-License-Identifier: Apache-2.0
// The types of MIL values.

import Tensors

/// One extent of a tensor type.
package enum Dimension: Hashable, Sendable {
  case fixed(Int)
  /// Known only at run time. `variadic` marks one entry that stands for any number of axes.
  case unknown(variadic: Bool)

  package static let any = Dimension.unknown(variadic: false)

  /// The extent, if known.
  package var size: Int? { if case .fixed(let n) = self { n } else { nil } }
}

/// The type of a tensor value: its element type and its extents, outermost first.
package struct TensorType: Hashable, Sendable {
  package var dtype: DType
  package var dimensions: [Dimension]
  /// Unknown attributes and other fields of the file format, preserved byte for byte.
  package var unknownFields: [UInt8]

  package init(_ dtype: DType, _ dimensions: [Dimension], unknownFields: [UInt8] = []) {
    self.dtype = dtype
    self.dimensions = dimensions
    self.unknownFields = unknownFields
  }

  package init(_ dtype: DType, _ shape: Shape) { self.init(dtype, shape.map { .fixed($0) }) }

  package var rank: Int { dimensions.count }
  package var isScalar: Bool { dimensions.isEmpty }

  /// The shape, if every extent is known.
  package var shape: Shape? {
    var out: Shape = []
    for d in dimensions {
      guard let n = d.size else { return nil }
      out.append(n)
    }
    return out
  }

  /// Whether a value of type `actual` is accepted where this type is expected; an unknown extent on either side matches.
  package func accepts(_ actual: TensorType) -> Bool {
    guard dtype == actual.dtype else { return false }
    if dimensions.contains(.unknown(variadic: true))
      || actual.dimensions.contains(.unknown(variadic: true))
    {
      return true
    }
    return rank == actual.rank
      && zip(dimensions, actual.dimensions).allSatisfy { a, b in
        a.size == nil || b.size == nil || a == b
      }
  }
}

/// The type of a MIL value.
package enum ValueType: Hashable, Sendable {
  case tensor(TensorType)
  indirect case list(ValueType, length: Dimension)
  case tuple([ValueType])
  indirect case dictionary(key: ValueType, value: ValueType)
  /// A buffer that persists between predictions; the wrapped type is that of its content.
  indirect case state(ValueType)

  package static func tensor(_ dtype: DType, _ shape: Shape) -> ValueType {
    .tensor(TensorType(dtype, shape))
  }
  package static func scalar(_ dtype: DType) -> ValueType {
    .tensor(TensorType(dtype, [Dimension]()))
  }

  /// The tensor type of a tensor or of the content of a state.
  package var tensorType: TensorType? {
    switch self {
    case .tensor(let t): t
    case .state(let t): t.tensorType
    default: nil
    }
  }

  /// Whether a value of type `actual` is accepted where this type is expected.
  package func accepts(_ actual: ValueType) -> Bool {
    switch (self, actual) {
    case (.tensor(let a), .tensor(let b)): a.accepts(b)
    case (.list(let a, _), .list(let b, _)): a.accepts(b)
    case (.tuple(let a), .tuple(let b)):
      a.count == b.count && zip(a, b).allSatisfy { $0.accepts($1) }
    case (.dictionary(let k, let v), .dictionary(let l, let w)): k.accepts(l) && v.accepts(w)
    case (.state(let a), .state(let b)): a.accepts(b)
    default: false
    }
  }
}

extension Dimension: CustomStringConvertible {
  package var description: String {
    switch self {
    case .fixed(let n): "\(n)"
    case .unknown(variadic: false): "?"
    case .unknown(variadic: true): "..."
    }
  }
}

extension TensorType: CustomStringConvertible {
  /// `tensor<fp32, [1, ?, 28]>`, or just `fp32` for a scalar.
  package var description: String {
    isScalar
      ? dtype.name
      : "tensor<\(dtype.name), [\(dimensions.map(\.description).joined(separator: ", "))]>"
  }
}

extension ValueType: CustomStringConvertible {
  package var description: String {
    switch self {
    case .tensor(let t): t.description
    case .list(let e, let n): "list<\(e), \(n)>"
    case .tuple(let types): "tuple<\(types.map(\.description).joined(separator: ", "))>"
    case .dictionary(let k, let v): "dict<\(k), \(v)>"
    case .state(let t): "state<\(t)>"
    }
  }
}
