// SPDX-License-Identifier: Apache-2.0
// Conversion to a declared dtype: values are rounded at most, and values outside the range are reported with their
// position.

import Tensors
import Testing

@Suite struct ConversionTests {
  /// The smallest and largest value of every integer dtype, and the adjacent values outside the range.
  @Test(arguments: DType.allCases.filter { $0.isInteger && $0 != .uint64 && $0 != .int64 })
  func rangesOfIntegers(_ target: DType) throws {
    let range = try #require(target.integerRange)
    let inside = Tensor([Int64(range.lowerBound), Int64(range.upperBound)])
    #expect(try inside.converted(to: target).integers() == [range.lowerBound, range.upperBound])
    #expect(try inside.cast(to: .float64).converted(to: target).integers() == [range.lowerBound, range.upperBound])
    for outside in [range.lowerBound - 1, range.upperBound + 1] {
      let whole = Tensor([0, Int64(outside)], shape: [1, 2])
      #expect(whole.unfitElement(for: target)?.position == [0, 1] && whole.unfitElement(for: target)?.value == "\(outside)")
      #expect(whole.cast(to: .float64).unfitElement(for: target)?.position == [0, 1])
    }
  }

  @Test(arguments: DType.allCases.filter { $0.isInteger || $0 == .bool })
  func fractionsAndWhatIsNoNumber(_ target: DType) {
    for value in [0.5, .nan, .infinity, -.infinity] {
      for source in [Tensor([value]), Tensor([Float(value)]), Tensor([Float(value)]).cast(to: .float16)] {
        #expect(source.unfitElement(for: target)?.position == [0], "\(value) as \(target)")
      }
    }
    #expect(Tensor([2, 0] as [UInt8]).unfitElement(for: .bool)?.value == "2")
    #expect(Tensor([-1] as [Int8]).unfitElement(for: .uint8)?.value == "-1")
    #expect(Tensor([true, false]).unfitElement(for: target) == nil)
  }

  @Test func rangesOfSixtyFourBits() {
    #expect(Tensor([0x1p63]).unfitElement(for: .int64) != nil && Tensor([-0x1p63]).unfitElement(for: .int64) == nil)
    #expect(Tensor([UInt64.max]).unfitElement(for: .int64)?.value == "18446744073709551615")
    #expect(Tensor([UInt64.max]).unfitElement(for: .uint64) == nil && Tensor([UInt64(1) << 40]).unfitElement(for: .int32) != nil)
    #expect(Tensor([-1] as [Int64]).unfitElement(for: .uint64)?.value == "-1")
    #expect(Tensor([Int64.max]).unfitElement(for: .float32) == nil)
  }

  /// The largest finite value, the largest value that rounds to it, and the smallest that rounds to infinity.
  @Test(arguments: [
    (DType.float16, 65504.0, 65519.0, 65520.0), (.bfloat16, 0x1.FEp127, 0x1.FEFp127, 0x1.FFp127),
    (.float32, 0x1.FFFFFEp127, 0x1.FFFFFEFp127, 0x1.FFFFFFp127),
  ])
  func floatsDoNotOverflow(_ target: DType, _ greatest: Double, _ rounded: Double, _ beyond: Double) throws {
    for sign in [1.0, -1.0] {
      #expect(try Tensor([greatest * sign, rounded * sign]).converted(to: target).doubles() == [greatest * sign, greatest * sign])
      #expect(Tensor([0, beyond * sign]).unfitElement(for: target)?.position == [1])
      #expect(Tensor([.infinity * sign]).unfitElement(for: target) == nil)
    }
    #expect(Tensor([Double.nan]).unfitElement(for: target) == nil)
    #expect(Tensor([1e-300]).unfitElement(for: target) == nil)
    #expect(Tensor([65520] as [Int32]).unfitElement(for: .float16)?.value == "65520")
  }

  @Test func theSentence() {
    let unfit = Tensor([0, 0, 0, 1 << 40] as [Int64], shape: [2, 2]).unfitElement(for: .int32)
    #expect(
      unfit?.description == "1099511627776 at { 1, 1 } (from 0), but int32 holds whole numbers from -2147483648 to 2147483647")
    #expect(Tensor(scalar: Float.nan).unfitElement(for: .bool)?.description == "nan, but bool holds false and true (0 and 1)")
  }
}
