// SPDX-License-Identifier: Apache-2.0
// Concatenation and selection of rows: index ranges of the first axis.

import Tensors

extension Tensor {
  /// Concatenates the rows of all tensors.
  ///
  /// - Throws: `EvaluationError.unlikeParts` if dtypes or the other axes differ.
  package static func joined(rowsOf parts: [Tensor]) throws -> Tensor {
    guard let first = parts.first else { preconditionFailure("no parts to join") }
    let row = Array(first.shape.dropFirst())
    for part in parts where part.dtype != first.dtype || part.rank == 0 || Array(part.shape.dropFirst()) != row {
      throw EvaluationError.unlikeParts(first: "\(first.dtype)\(first.shape)", other: "\(part.dtype)\(part.shape)")
    }
    return concatenatingRows(parts)
  }

  /// `joined(rowsOf:)` for parts that are known to be compatible.
  private static func concatenatingRows(_ parts: [Tensor]) -> Tensor {
    guard parts.count > 1 else { return parts[0] }
    let first = parts[0]
    let row = Array(first.shape.dropFirst())
    let rows = parts.reduce(0) { $0 + $1.shape[0] }
    guard !first.dtype.isSubByte else {
      return Tensor(codes: parts.flatMap { $0.codes() }, dtype: first.dtype, shape: [rows] + row)
    }
    var out = Tensor(uninitialized: first.dtype, [rows] + row)
    out.withMutableBytes { to in
      var at = 0
      for part in parts {
        part.withBytes { from in
          UnsafeMutableRawBufferPointer(rebasing: to[at...].prefix(from.count)).copyMemory(from: from)
          at += from.count
        }
      }
    }
    return out
  }

  /// The given rows, in that order; consecutive rows share this tensor's memory.
  package func gatheringRows(_ indices: [Int]) -> Tensor {
    guard let first = indices.first else { return rows(0..<0) }
    if indices.last == first + indices.count - 1, indices == Array(first..<first + indices.count) {
      return rows(first..<first + indices.count)
    }
    return Tensor.concatenatingRows(indices.map { rows($0..<$0 + 1) })
  }

  /// The rows, padded to `count` by repeating the last one.
  package func repeatingLastRow(upTo count: Int) -> Tensor {
    let missing = count - shape[0]
    guard missing > 0 else { return self }
    let last = rows(shape[0] - 1..<shape[0])
    return Tensor.concatenatingRows([self] + [Tensor](repeating: last, count: missing))
  }
}
