// SPDX-License-Identifier: Apache-2.0
// Encodings of a weight's rows become encodings of the weight that decode to the same values in the weight's layout.

import Encodings
import Tensors
import Testing
import WeightStorage

struct RowLayoutTests {
  private static let cases: [(shape: Shape, axis: Int)] = [
    ([6, 8], 0), ([6, 8], 1), ([4, 3, 2, 2], 0), ([4, 6, 1, 1], 0), ([3, 4, 2, 2], 1), ([2, 4, 6], 2), ([12], 0), ([4, 8, 3], 1),
  ]

  private func random(_ shape: Shape, below limit: Int, seed: UInt64) -> Tensor {
    var random = SplitMix64(seed: seed)
    return Tensor((0..<shape.elementCount).map { _ in Float(Int(random.uniform() * Double(limit))) }, shape: shape)
  }

  /// The weight's values by the definition of rows: element (o, …) is in row o, the others in order.
  private func expected(_ matrix: Tensor, _ layout: RowLayout) -> [Float] {
    let (values, columns) = (matrix.floats(), layout.matrix[1])
    let strides = layout.shape.rowMajorStrides
    return (0..<layout.shape.elementCount).map { index in
      var (row, column, rest) = (0, 0, index)
      for (axis, stride) in strides.enumerated() {
        let position = rest / stride
        rest %= stride
        if axis == layout.axis { row = position } else { column = column * layout.shape[axis] + position }
      }
      return values[row * columns + column]
    }
  }

  @Test(arguments: cases.indices) func rowsAndBack(number: Int) throws {
    let (shape, axis) = Self.cases[number]
    let layout = RowLayout(shape, outputAxis: axis)
    let weight = random(shape, below: 1000, seed: 1)
    let rows = layout.rows(weight)
    #expect(rows.shape == [shape[axis], shape.elementCount / shape[axis]] && layout.matrix == rows.shape)
    #expect(expected(rows, layout) == weight.floats())
    #expect(try layout.weight(.dense(rows)) == .dense(weight))
  }

  @Test(arguments: cases.indices) func encodingsOfRowsDecodeToTheSame(number: Int) throws {
    let (shape, axis) = Self.cases[number]
    let layout = RowLayout(shape, outputAxis: axis)
    let (rows, columns) = (layout.matrix[0], layout.matrix[1])
    let codes = random(layout.matrix, below: 16, seed: 2)
    let mask = random(layout.matrix, below: 2, seed: 3)
    let scale = random([rows, 1], below: 9, seed: 4)
    var forms: [EncodedWeight] = [
      try .quantized(codes: .dense(codes), scale: scale, dtype: .uint8),
      try .quantized(
        codes: .dense(codes), scale: random([rows, columns], below: 5, seed: 5), offset: Tensor(scalar: Float(3)), dtype: .uint4),
      try .quantized(codes: .dense(codes), scale: Tensor(scalar: Float(2))),
      try .palettized(indices: codes, lut: .dense(random([16], below: 99, seed: 6))),
      try .palettized(indices: codes, lut: .dense(random([rows, 16], below: 99, seed: 7)), axis: 0),
      try .palettized(
        indices: codes, lut: .quantized(codes: .dense(random([1, 1, 16, 1], below: 200, seed: 8)), scale: Tensor(scalar: Float(2)))),
      try .sparse(mask: mask, values: codes),
    ]
    forms.append(try forms[0].masked(by: mask))
    forms.append(try forms[3].masked(by: mask))
    if rows % 2 == 0 {
      let half = random([rows / 2, columns], below: 4, seed: 9)
      forms.append(try .palettized(indices: half, lut: .dense(random([4, 2], below: 99, seed: 10)), vectorAxis: 0))
    }
    for form in forms {
      #expect(form.shape == layout.matrix)
      let placed = try layout.weight(form)
      #expect(placed.shape == shape && placed.byteCount == form.byteCount && placed.scheme == form.scheme)
      #expect(try placed.decoded().floats() == expected(form.decoded(), layout), "\(form.scheme)")
    }
  }

  /// Blocks of columns are blocks of axes where they cover whole axes, and an error where they do not.
  @Test func blocksOfColumns() throws {
    let layout = RowLayout([4, 6, 2, 2], outputAxis: 0)
    func scaled(_ blocks: Int) throws -> EncodedWeight {
      try .quantized(codes: .dense(random([4, 24], below: 16, seed: 1)), scale: random([4, blocks], below: 9, seed: 2))
    }
    for (blocks, shape) in [
      (6, [4, 6, 1, 1]), (3, [4, 3, 1, 1]), (2, [4, 2, 1, 1]), (12, [4, 6, 2, 1]), (24, [4, 6, 2, 2]), (1, [4, 1, 1, 1]),
    ] {
      let placed = try layout.weight(scaled(blocks))
      guard case .blockwise(_, let scale, _) = placed else {
        Issue.record("it is not quantized")
        continue
      }
      #expect(scale.shape == shape)
      #expect(try placed.decoded().floats() == expected(scaled(blocks).decoded(), layout))
    }
    #expect(throws: EncodingError.columns(part: "scale", found: [4, 4], shape: [4, 6, 2, 2])) { try layout.weight(scaled(4)) }
    #expect(throws: EncodingError.self) { try layout.weight(scaled(8)) }
  }

  @Test func vectorsOfColumnsLieAlongAnAxis() throws {
    let indices = random([4, 3], below: 4, seed: 1)
    let form = try EncodedWeight.palettized(indices: indices, lut: .dense(random([4, 2], below: 99, seed: 2)), vectorAxis: 1)
    for (shape, axis) in [([4, 6], 0), ([4, 6, 1, 1], 0), ([6, 4], 1), ([4, 3, 2], 0)] {
      let layout = RowLayout(shape, outputAxis: axis)
      let placed = try layout.weight(form)
      #expect(placed.shape == shape)
      #expect(try placed.decoded().floats() == expected(form.decoded(), layout), "\(shape)")
    }
    #expect(throws: EncodingError.self) { try RowLayout([4, 2, 3], outputAxis: 0).weight(form) }
  }
}
