// SPDX-License-Identifier: Apache-2.0
// The common loop of GPTQ and SparseGPT: columns are rounded one after the other, and each error is corrected in the
// columns that follow.

import CMatrices
import Tensors

/// The result of rounding with feedback, in the order of the weight's columns, row-major.
package struct FeedbackResult: Sendable {
  package var values: [Float]
  /// Codes or indices of tables; zeros if nothing is rounded.
  package var codes: [UInt8]
  /// 1 where an element is kept; `nil` if all are.
  package var mask: [UInt8]?
  /// For each row, the error of the output ΔW H ΔWᵀ with damped H.
  package var losses: [Double]
}

package enum Feedback {
  /// The most columns of a block.
  package static let widest = Int(CM_WIDTH)

  /// Rounds a matrix.
  ///
  /// - Parameters:
  ///   - values: `rows × factor.size`, row-major.
  ///   - width: columns of a block. Columns right of a block are corrected after the block, and `fraction` chooses
  ///     within blocks; otherwise it has no influence but on rounding errors.
  package static func round(
    _ values: [Float], _ factor: FeedbackFactor, to rounding: Rounding, zeroing pattern: ZeroPattern = .none, width: Int = 128,
    checkCancelled: () throws -> Void = {}
  ) throws -> FeedbackResult {
    let columns = factor.size
    let rows = columns == 0 ? 0 : values.count / columns
    var work = Columns(values, rows: rows, factor, pattern)
    let width = blockWidth(width, pattern, columns)
    var from = 0
    while from < columns {
      try checkCancelled()
      let to = min(from + width, columns)
      if case .fraction(let fraction) = pattern { work.chooseZeros(fraction, from..<to, factor) }
      work.round(from..<to, factor, rounding, pattern)
      from = to
    }
    return work.result
  }

  /// How many of a block's elements become zero.
  static func zeros(_ count: Int, _ fraction: Double) -> Int { Int((Double(count) * fraction).rounded()) }

  static func blockWidth(_ wanted: Int, _ pattern: ZeroPattern, _ columns: Int) -> Int {
    let width = min(max(wanted, 1), widest)
    guard case .structured(_, let every) = pattern else { return width }
    return max(width / every, 1) * every
  }
}

/// A matrix in the order in which its columns are rounded.
private struct Columns {
  private let rows: Int
  private let columns: Int
  private let order: [Int]?
  private var values: [Float]
  private var codes: [UInt8]
  /// Empty if all elements are kept.
  private var mask: [UInt8]
  private var losses: [Double]

  init(_ values: [Float], rows: Int, _ factor: FeedbackFactor, _ pattern: ZeroPattern) {
    self.rows = rows
    columns = factor.size
    order = factor.order
    self.values = Self.permuted(values, columns) { [order] in order?[$0] ?? $0 }
    for row in 0..<rows {
      for j in 0..<columns where factor.dead[order?[j] ?? j] { self.values[row * columns + j] = 0 }
    }
    codes = [UInt8](repeating: 0, count: values.count)
    losses = [Double](repeating: 0, count: rows)
    switch pattern {
    case .none: mask = []
    case .mask(let given): mask = Self.permuted(given, columns) { [order] in order?[$0] ?? $0 }
    case .fraction, .structured: mask = [UInt8](repeating: 1, count: values.count)
    }
  }

  /// The columns `source(0)`, `source(1)`, ….
  private static func permuted<Element>(_ values: [Element], _ columns: Int, _ source: (Int) -> Int) -> [Element] {
    guard columns > 0 else { return values }
    let sources = (0..<columns).map(source)
    return [Element](unsafeUninitializedCapacity: values.count) { out, filled in
      filled = values.count
      for start in stride(from: 0, to: values.count, by: columns) {
        for j in 0..<columns { out.initializeElement(at: start + j, to: values[start + sources[j]]) }
      }
    }
  }

  /// Masks the least important elements of a block of columns.
  mutating func chooseZeros(_ fraction: Double, _ block: Range<Int>, _ factor: FeedbackFactor) {
    let count = Feedback.zeros(rows * block.count, fraction)
    guard count > 0 else { return }
    var scores: [Float] = []
    scores.reserveCapacity(rows * block.count)
    for row in 0..<rows {
      for j in block {
        let ratio = values[row * columns + j] / factor.u[j * columns + j]
        scores.append(ratio * ratio)
      }
    }
    // Of equal scores, those of earlier rows and columns.
    let limit = scores.sorted()[count - 1]
    var ties = count - scores.reduce(0) { $0 + ($1 < limit ? 1 : 0) }
    for (number, score) in scores.enumerated() where score <= limit {
      if score == limit {
        guard ties > 0 else { continue }
        ties -= 1
      }
      mask[number / block.count * columns + block.lowerBound + number % block.count] = 0
    }
  }

  /// Rounds a block and corrects the columns right of it.
  mutating func round(_ block: Range<Int>, _ factor: FeedbackFactor, _ rounding: Rounding, _ pattern: ZeroPattern) {
    let lanes = Int(CM_LANES)
    let (rows, columns) = (rows, columns)
    var every = (zeros: 0, every: 0)
    if case .structured(let zeros, let size) = pattern { every = (zeros, size) }
    let (groupOfColumn, groups, top) = grid(rounding)
    let hasMask = !mask.isEmpty
    values.withUnsafeMutableBufferPointer { values in
      codes.withUnsafeMutableBufferPointer { codes in
        mask.withUnsafeMutableBufferPointer { mask in
          losses.withUnsafeMutableBufferPointer { losses in
            factor.u.withUnsafeBufferPointer { u in
              groupOfColumn.withUnsafeBufferPointer { group in
                nonisolated(unsafe) let (values, codes, mask, losses, u, group) = (values, codes, mask, losses, u, group)
                Parallel.forEach((rows + lanes - 1) / lanes) { tile in
                  let first = tile * lanes
                  let count = min(lanes, rows - first)
                  guard let w = values.baseAddress, let u = u.baseAddress else { return }
                  var task = cm_feedback()
                  task.rows = count
                  (task.from, task.to, task.stride) = (block.lowerBound, block.upperBound, columns)
                  task.w = w + first * columns
                  (task.u, task.u_row) = (u, columns)
                  task.codes = codes.baseAddress.map { $0 + first * columns }
                  task.mask = hasMask ? mask.baseAddress.map { $0 + first * columns } : nil
                  (task.zeros, task.every) = (every.zeros, every.every)
                  task.losses = losses.baseAddress.map { $0 + first }
                  task.group = group.baseAddress
                  (task.groups, task.top) = (groups, top)
                  withUnsafeTemporaryAllocation(of: Float.self, capacity: count * block.count) { errors in
                    task.errors = errors.baseAddress
                    Self.round(&task, rounding, rows: first..<first + count)
                    guard let e = errors.baseAddress, block.upperBound < columns else { return }
                    var product = cm_product()
                    product.rows = count
                    product.columns = columns - block.upperBound
                    product.depth = block.count
                    product.a = UnsafeRawPointer(e)
                    (product.a_row, product.a_depth) = (block.count, 1)
                    product.b = UnsafeRawPointer(u + block.lowerBound * columns + block.upperBound)
                    product.b_row = columns
                    product.c = UnsafeMutableRawPointer(w + first * columns + block.upperBound)
                    product.c_row = columns
                    product.sign = -1
                    cm_multiply_float(&product)
                  }
                }
              }
            }
          }
        }
      }
    }
  }

  /// Completes the task with the scales or tables of its rows, and runs it.
  private static func round(_ task: inout cm_feedback, _ rounding: Rounding, rows: Range<Int>) {
    switch rounding {
    case .keep:
      task.rounding = CM_KEEP
      cm_round_columns(&task)
    case .affine(let grid):
      task.rounding = CM_AFFINE
      grid.scales.withUnsafeBufferPointer { scales in
        grid.zeros.withUnsafeBufferPointer { zeros in
          task.scale = scales.baseAddress.map { $0 + rows.lowerBound * grid.groups }
          task.zero = zeros.baseAddress.map { $0 + rows.lowerBound * grid.groups }
          cm_round_columns(&task)
        }
      }
    case .tables(let tables):
      task.rounding = CM_TABLE
      let own = rows.map { tables.tables[tables.ofRow[$0]] }
      let all = own.flatMap { $0 }
      let entries = own.map { Int32($0.count) }
      all.withUnsafeBufferPointer { all in
        entries.withUnsafeBufferPointer { entries in
          var next = 0
          let pointers = own.map { table -> UnsafePointer<Float>? in
            defer { next += table.count }
            return all.baseAddress.map { $0 + next }
          }
          pointers.withUnsafeBufferPointer { pointers in
            task.tables = pointers.baseAddress
            task.entries = entries.baseAddress
            cm_round_columns(&task)
          }
        }
      }
    }
  }

  /// The groups of the columns in the order of rounding.
  private func grid(_ rounding: Rounding) -> (groupOfColumn: [Int32], groups: Int, top: Float) {
    guard case .affine(let grid) = rounding else { return ([0], 1, 0) }
    let groups = order.map { $0.map { grid.groupOfColumn[$0] } } ?? grid.groupOfColumn
    return (groups, grid.groups, Float(grid.top))
  }

  var result: FeedbackResult {
    var place = Array(0..<columns)
    if let order { for (position, column) in order.enumerated() { place[column] = position } }
    func restored<Element>(_ elements: [Element]) -> [Element] {
      order == nil ? elements : Self.permuted(elements, columns) { place[$0] }
    }
    return FeedbackResult(values: restored(values), codes: restored(codes), mask: mask.isEmpty ? nil : restored(mask), losses: losses)
  }
}
