// SPDX-License-Identifier: Apache-2.0
// Top-k and argsort along an axis.

import Tensors

/// Sorting along one axis of a dense block. Ties keep the order of their indices; NaN sorts last.
package struct Ordering: Sendable {
  private let split: AxisSplit
  private let keep: Int
  private let ascending: Bool
  /// Elements of the result per outer block, laid out as the input, with `keep` elements along the axis.
  private var resultCount: Int { keep * split.inner }

  /// - Parameters:
  ///   - keep: how many elements to return, at most `split.count`.
  ///   - ascending: whether the smallest elements come first.
  package init(_ split: AxisSplit, keep: Int, ascending: Bool) {
    precondition(keep <= split.count, "\(keep) of \(split.count)")
    self.split = split
    self.keep = keep
    self.ascending = ascending
  }

  /// Lines that are sorted at the same time: short ones, whose keys together fit in the cache.
  private var lanes: Int { split.count > 1 << 14 ? 1 : max(1, min(16, split.outer * split.inner)) }

  /// Bytes of scratch that `run` needs: the keys of the lines at work, twice.
  package var scratchBytes: Int { lanes * 2 * split.count * MemoryLayout<UInt64>.stride }

  /// A loop, which receives its scratch memory when it runs, that writes the first elements of each line to
  /// `values` and their indices to `indices`; either may be absent.
  ///
  /// - Precondition: `x` has a computed type other than string and bool; `values` has the same type,
  ///   `indices` is `int32` or `uint16`.
  package func loop(_ x: Buffer, values: Buffer?, indices: Buffer?) -> (UnsafeMutableRawPointer) -> Void {
    switch x.dtype {
    case .float32: loop(x, values, indices, Float.self)
    case .int32: loop(x, values, indices, Int32.self)
    case .int16: loop(x, values, indices, Int16.self)
    case .int8: loop(x, values, indices, Int8.self)
    case .uint16: loop(x, values, indices, UInt16.self)
    case .uint8: loop(x, values, indices, UInt8.self)
    default: preconditionFailure("\(x.dtype) elements have no order")
    }
  }

  private func loop<T: OrderedElement>(
    _ x: Buffer, _ values: Buffer?, _ indices: Buffer?, _ type: T.Type
  ) -> (UnsafeMutableRawPointer) -> Void {
    let x = UnsafePointer(x.elements(T.self))
    let results = values?.elements(T.self)
    let longIndices = indices?.dtype == .int32 ? indices?.int32s() : nil
    let shortIndices = indices?.dtype == .uint16 ? indices?.elements(UInt16.self) : nil
    return { scratch in
      let room = scratch.assumingMemoryBound(to: UInt64.self)
      let lines = split.outer * split.inner
      func sort(_ line: Int, _ keys: UnsafeMutablePointer<UInt64>) {
        let (outer, inner) = (line / split.inner, line % split.inner)
        let from = x + outer * split.count * split.inner + inner
        Chunks.forEach(of: split.count) { for i in $0 { keys[i] = UInt64(from[i * split.inner].key(ascending)) << 32 | UInt64(i) } }
        KeySort.first(keep, of: keys, count: split.count, spare: keys + split.count)
        Chunks.forEach(of: keep) { range in
          for i in range {
            let index = Int(keys[i] & 0xFFFF_FFFF)
            let at = outer * resultCount + i * split.inner + inner
            results?[at] = from[index * split.inner]
            longIndices?[at] = Int32(truncatingIfNeeded: index)
            shortIndices?[at] = UInt16(truncatingIfNeeded: index)
          }
        }
      }
      let lanes = lanes
      guard lanes > 1, lines * split.count >= Chunks.grain else { return (0..<lines).forEach { sort($0, room) } }
      Parallel.forEach(lanes) { lane in
        for line in stride(from: lane, to: lines, by: lanes) { sort(line, room + lane * 2 * split.count) }
      }
    }
  }
}

/// An element with an order.
private protocol OrderedElement: BitwiseCopyable {
  /// An integer with the order of the elements; the largest for NaN.
  func key(_ ascending: Bool) -> UInt32
}

extension Float: OrderedElement {
  /// Both zeros have the same key.
  @inline(__always)
  func key(_ ascending: Bool) -> UInt32 {
    guard !isNaN else { return .max }
    let bits = (self == 0 ? 0 : self).bitPattern
    let key = bits & 0x8000_0000 == 0 ? bits | 0x8000_0000 : ~bits
    return ascending ? key : ~key
  }
}

extension FixedWidthInteger {
  @inline(__always)
  fileprivate func key(_ ascending: Bool) -> UInt32 {
    let key = UInt32(bitPattern: Int32(truncatingIfNeeded: self)) ^ 0x8000_0000
    return ascending ? key : ~key
  }
}

extension Int32: OrderedElement {}
extension Int16: OrderedElement {}
extension Int8: OrderedElement {}
extension UInt16: OrderedElement {}
extension UInt8: OrderedElement {}
