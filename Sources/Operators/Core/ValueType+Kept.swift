// SPDX-License-Identifier: Apache-2.0
// The representation of values at run time: lists are stored as tensors, and narrow dtypes as wide ones.

import Kernels
import MIL
import Tensors

extension Tensor {
  /// The elements converted to the dtype that is used at run time.
  package func computed() -> Tensor {
    dtype.isSubByte && dtype != .bool
      ? Tensor(dtype: dtype.computed, shape: shape, storage: Tensor(codes(), shape: shape).storage) : cast(to: dtype.computed)
  }
}

extension ValueType {
  /// The type of the tensor that stores a value of this type at run time. The elements of a list are stored along the
  /// first axis. `nil` for types that are not stored in a tensor.
  package var kept: TensorType? {
    switch self {
    case .tensor(let type): type
    case .list(.tensor(let element), let length): TensorType(element.dtype, [length] + element.dimensions)
    default: nil
    }
  }

  /// The type of a value that was declared with this type and is stored in the given tensor.
  package func kept(in tensor: TensorType) -> ValueType {
    guard case .list(.tensor, _) = self, let length = tensor.dimensions.first else { return .tensor(tensor) }
    return .list(.tensor(TensorType(tensor.dtype, Array(tensor.dimensions.dropFirst()))), length: length)
  }

  /// This type with unknown extents wherever the other type differs.
  func joined(with other: ValueType) -> ValueType {
    if case .list(let a, let m) = self, case .list(let b, let n) = other {
      return .list(a.joined(with: b), length: m == n ? m : .any)
    }
    guard case .tensor(let a) = self, case .tensor(let b) = other else { return self }
    let open = Dimension.unknown(variadic: true)
    guard a.rank == b.rank, !(a.dimensions + b.dimensions).contains(open) else { return .tensor(TensorType(a.dtype, [open])) }
    return .tensor(TensorType(a.dtype, zip(a.dimensions, b.dimensions).map { $0 == $1 ? $0 : .any }))
  }
}
