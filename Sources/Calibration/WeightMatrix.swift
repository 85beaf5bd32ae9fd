// SPDX-License-Identifier: Apache-2.0
// A weight as a matrix: one row for each output channel.

import Tensors

/// A weight with one row for each output channel; a row contains what multiplies one vector of the input.
package struct WeightMatrix: Sendable, Equatable {
  package let rows: Int
  package let columns: Int
  /// Row-major.
  package var values: [Float]

  package init(rows: Int, columns: Int, values: [Float]) {
    precondition(values.count == rows * columns, "\(values.count) elements for \(rows) × \(columns)")
    self.rows = rows
    self.columns = columns
    self.values = values
  }
}

/// The arrangement of a weight's elements as a matrix.
///
/// Columns are the other axes in their order: for a convolution (input channel, kernel positions), as its unfolded input.
package struct MatrixLayout: Sendable, Equatable {
  package let shape: Shape
  package let outputAxis: Int

  package init(_ shape: Shape, outputAxis: Int) {
    self.shape = shape
    self.outputAxis = outputAxis
  }

  package var rows: Int { shape[outputAxis] }
  package var columns: Int { rows == 0 ? 0 : shape.elementCount / rows }

  private var inner: Int { Shape(shape.dropFirst(outputAxis + 1)).elementCount }

  /// Elements of a tensor of this shape, row by row.
  package func matrix<Element>(_ elements: [Element]) -> [Element] {
    guard outputAxis > 0 else { return elements }
    let (rows, columns, inner) = (rows, columns, inner)
    return [Element](unsafeUninitializedCapacity: elements.count) { out, filled in
      filled = elements.count
      for row in 0..<rows {
        for column in 0..<columns {
          let source = (column / inner * rows + row) * inner + column % inner
          out.initializeElement(at: row * columns + column, to: elements[source])
        }
      }
    }
  }

  /// The inverse: elements in the order of the tensor.
  package func elements<Element>(_ matrix: [Element]) -> [Element] {
    guard outputAxis > 0 else { return matrix }
    let (rows, columns, inner) = (rows, columns, inner)
    return [Element](unsafeUninitializedCapacity: matrix.count) { out, filled in
      filled = matrix.count
      for row in 0..<rows {
        for column in 0..<columns {
          let target = (column / inner * rows + row) * inner + column % inner
          out.initializeElement(at: target, to: matrix[row * columns + column])
        }
      }
    }
  }

  package func matrix(_ tensor: Tensor) -> WeightMatrix {
    WeightMatrix(rows: rows, columns: columns, values: matrix(tensor.floats()))
  }
}
