// SPDX-License-Identifier: Apache-2.0
// Work that is divided into parts: column reductions, deviations, sorting and products of sizes around the parts' bounds.

import Algebra
import Kernels
import Tensors
import Testing

@Suite struct LargeTensorTests {
  private func normal(_ shape: Shape, seed: UInt64, around center: Double = 0) -> Tensor {
    var random = SplitMix64(seed: seed)
    return Tensor((0..<shape.elementCount).map { _ in Float(random.normal() + center) }, shape: shape)
  }

  private func columns(_ t: Tensor) -> [[Double]] {
    let values = t.doubles()
    let n = t.shape[1]
    return (0..<n).map { c in (0..<t.shape[0]).map { values[$0 * n + c] } }
  }

  @Test(arguments: [[1, 5000], [63, 2049], [64, 2048], [65, 4099], [700, 3000], [20_000, 7], [5_000, 130]])
  func columnsAreReduced(_ shape: Shape) throws {
    let t = normal(shape, seed: 1, around: 3)
    let columns = columns(t)
    let (sum, most, norm) = (try t.reduced(.sum, [0]).doubles(), try t.reduced(.max, [0]).doubles(), try t.norm(2, [0]).doubles())
    for (c, column) in columns.enumerated() {
      let total = column.reduce(0, +)
      #expect(abs(sum[c] - total) <= 1e-5 * column.reduce(0) { $0 + abs($1) }, "\(c)")
      #expect(most[c] == column.max())
      let squares = column.reduce(0) { $0 + $1 * $1 }.squareRoot()
      #expect(abs(norm[c] - squares) <= 1e-5 * squares)
    }
  }

  @Test func aNaNReachesItsColumnOnly() throws {
    var values = normal([3000, 300], seed: 2).doubles().map { Float($0) }
    values[2_000 * 300 + 17] = .nan
    let t = Tensor(values, shape: [3000, 300])
    for reducer in [Tensor.Reducer.max, .min, .sum] {
      let out = try t.reduced(reducer, [0]).doubles()
      #expect(out.indices.filter { out[$0].isNaN } == [17], "\(reducer)")
    }
    let variance = try t.variance([0], correction: 1).doubles()
    #expect(variance.indices.filter { variance[$0].isNaN } == [17])
  }

  /// Deviations from a mean that is a million times as large.
  @Test(arguments: [[70, 600], [4_097, 3], [3, 9_000], [1, 100_000], [100_000, 1], [129, 513]])
  func deviationsAreExact(_ shape: Shape) throws {
    for dtype in [DType.float32, .float64] {
      let t = normal(shape, seed: 3, around: dtype == .float64 ? 1e6 : 100).cast(to: dtype)
      for axis in [0, 1] {
        let lines = axis == 0 ? columns(t) : columns(try t.transposed([1, 0]))
        let found = try t.variance([axis], correction: 0).doubles()
        for (i, line) in lines.enumerated() {
          let mean = line.reduce(0, +) / Double(line.count)
          let rest = line.reduce(0) { $0 + ($1 - mean) } / Double(line.count)
          let expected = line.reduce(0) { $0 + ($1 - mean - rest) * ($1 - mean - rest) } / Double(line.count)
          #expect(abs(found[i] - expected) <= 1e-6 * expected + 1e-12, "\(dtype) axis \(axis) line \(i)")
        }
      }
    }
  }

  @Test(arguments: [100, 65_535, 65_536, 70_001, 300_000]) func sortingIsStable(_ count: Int) throws {
    var random = SplitMix64(seed: UInt64(count))
    // Ties, both zeros, infinities and NaN.
    let special: [Float] = [0, -0.0, .infinity, -.infinity, .nan, -1]
    let values = (0..<count).map { _ -> Float in
      let kind = random.next() % 8
      return kind == 0 ? special[Int(random.next() % 6)] : kind < 4 ? Float(random.next() % 100) : Float(random.normal())
    }
    let t = Tensor(values)
    for descending in [false, true] {
      let expected = values.indices.sorted { a, b in
        let (x, y) = (values[a], values[b])
        if x.isNaN || y.isNaN { return x.isNaN == y.isNaN ? a < b : y.isNaN }
        return x == y ? a < b : descending ? x > y : x < y
      }
      let (sorted, indices) = try t.sorted(0, descending: descending)
      #expect(indices.integers() == expected)
      #expect(try t.sortedPositions(0, descending: descending).integers() == expected)
      #expect(sorted.withElements(of: Float.self) { $0.map(\.bitPattern) } == expected.map { values[$0].bitPattern })
    }
  }

  @Test func manyLinesAreSorted() throws {
    let t = normal([40, 1_000, 3], seed: 5)
    let values = t.doubles()
    let (sorted, indices) = try t.sorted(1, descending: false)
    let (found, order) = (sorted.doubles(), indices.integers())
    for o in 0..<40 {
      for i in 0..<3 {
        let line = (0..<1_000).map { values[(o * 1_000 + $0) * 3 + i] }
        #expect((0..<1_000).map { found[(o * 1_000 + $0) * 3 + i] } == line.sorted())
        #expect((0..<1_000).allSatisfy { line[order[(o * 1_000 + $0) * 3 + i]] == found[(o * 1_000 + $0) * 3 + i] })
      }
    }
  }

  @Test(arguments: [(1, 1, 1), (8, 24, 256), (9, 25, 257), (97, 481, 300), (200, 23, 700), (3, 1000, 2)])
  func doubleProducts(_ m: Int, _ n: Int, _ k: Int) throws {
    let (a, b) = (normal([2, m, k], seed: 6).cast(to: .float64), normal([2, k, n], seed: 7).cast(to: .float64))
    let (x, y, found) = (a.doubles(), b.doubles(), try a.product(b).doubles())
    for batch in 0..<2 {
      for row in 0..<m {
        for column in 0..<n {
          let terms = (0..<k).map { x[(batch * m + row) * k + $0] * y[(batch * k + $0) * n + column] }
          let bound = 1e-14 * terms.reduce(0) { $0 + abs($1) }
          #expect(abs(found[(batch * m + row) * n + column] - terms.reduce(0, +)) <= bound + 1e-300, "\(batch) \(row) \(column)")
        }
      }
    }
  }

  @Test func integersHaveNoQuotientByZero() throws {
    let dtypes: [DType] = [.int8, .uint8, .int16, .uint16, .int32, .uint32, .int64, .uint64]
    for dtype in dtypes {
      let a = Tensor(integers: [4, 5, 6, 7, 8, 9], dtype: dtype, shape: [2, 3])
      let b = Tensor(integers: [1, 2, 3, 4, 0, 0], dtype: dtype, shape: [2, 3])
      for function in [BinaryFunction.floorDivide, .modulo] {
        #expect(throws: AlgebraError.zeroDivisor(function: "//", index: [1, 1])) {
          try Tensor.combined(function, .tensor(a), .tensor(b), named: "//")
        }
        #expect(throws: AlgebraError.zeroDivisor(function: "%", index: nil)) {
          try Tensor.combined(function, .tensor(a), .integer(0), named: "%")
        }
      }
      #expect(try Tensor.combined(.floorDivide, .tensor(a), .integer(2), named: "//").integers() == [2, 2, 3, 3, 4, 4])
      #expect(try Tensor.combined(.modulo, .tensor(a), .integer(4), named: "%").integers() == [0, 1, 2, 3, 0, 1])
      // Nothing is divided.
      let none = Tensor(integers: [], dtype: dtype, shape: [0, 3])
      #expect(try Tensor.combined(.floorDivide, .tensor(none), .integer(0), named: "//").shape == [0, 3])
    }
    let whole = try Tensor.combined(.floorDivide, .tensor(Tensor([Float(1), -1, 0])), .number(0), named: "//").doubles()
    #expect(whole[0] == .infinity && whole[1] == -.infinity && whole[2].isNaN)
  }
}
