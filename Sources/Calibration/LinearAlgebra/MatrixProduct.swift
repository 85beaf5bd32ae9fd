// SPDX-License-Identifier: Apache-2.0
// Products of dense row-major matrices in parallel.

import CMatrices
import Tensors

/// A number that the matrix loops support: `Float` or `Double`.
package protocol MatrixNumber: BinaryFloatingPoint, Sendable, BitwiseCopyable {
  static func multiply(_ product: UnsafePointer<cm_product>)
}

extension Float: MatrixNumber {
  package static func multiply(_ product: UnsafePointer<cm_product>) { cm_multiply_float(product) }
}
extension Double: MatrixNumber {
  package static func multiply(_ product: UnsafePointer<cm_product>) { cm_multiply_double(product) }
}

/// A part of a matrix in memory that the caller keeps alive: element (r, c) is at `r · row + c · column`.
struct MatrixPart<Number: MatrixNumber> {
  var base: UnsafeMutablePointer<Number>
  var row: Int
  var column = 1

  init(_ base: UnsafeMutablePointer<Number>, row: Int, column: Int = 1) {
    self.base = base
    self.row = row
    self.column = column
  }

  /// The part that starts at an element.
  func from(_ row: Int, _ column: Int) -> MatrixPart {
    MatrixPart(base + row * self.row + column * self.column, row: self.row, column: self.column)
  }

  var transposed: MatrixPart { MatrixPart(base, row: column, column: row) }
}

enum MatrixProduct {
  /// Rows and columns of one slice of the work.
  private static let tile = (rows: 32, columns: 256)

  /// `c += sign · a · b` in parallel over tiles of `c`; tiles left of the diagonal can be left out.
  ///
  /// - Parameters:
  ///   - upper: only the tiles of `c` with elements on or above its diagonal are computed.
  ///   - b, c: their columns are adjacent.
  static func add<Number: MatrixNumber>(
    _ a: MatrixPart<Number>, _ b: MatrixPart<Number>, to c: MatrixPart<Number>, rows: Int, columns: Int, depth: Int,
    sign: Double = 1, upper: Bool = false
  ) {
    guard rows > 0, columns > 0, depth > 0 else { return }
    let across = (columns + tile.columns - 1) / tile.columns
    let down = (rows + tile.rows - 1) / tile.rows
    nonisolated(unsafe) let (a, b, c) = (a, b, c)
    Parallel.forEach(across * down) { number in
      let (r, j) = (number / across * tile.rows, number % across * tile.columns)
      let height = min(tile.rows, rows - r)
      let width = min(tile.columns, columns - j)
      if upper, j + width <= r { return }
      var product = cm_product()
      product.rows = height
      product.columns = width
      product.depth = depth
      product.a = UnsafeRawPointer(a.from(r, 0).base)
      product.a_row = a.row
      product.a_depth = a.column
      product.b = UnsafeRawPointer(b.from(0, j).base)
      product.b_row = b.row
      product.c = UnsafeMutableRawPointer(c.from(r, j).base)
      product.c_row = c.row
      product.sign = sign
      Number.multiply(&product)
    }
  }
}
