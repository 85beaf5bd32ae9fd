// SPDX-License-Identifier: Apache-2.0
// Support for tests of primitives: running a primitive on arrays, and reference tensors in double precision.

import CPrimitives
import Tensors
import Testing

/// Contains all tests of `CPrimitives`. They set the number of threads of the whole process, so they run serially.
@Suite(.serialized, .enabled(if: wp_available(), "oneDNN is not installed")) enum Primitives {
  /// A dense row-major tensor of doubles, the form of every reference.
  struct Reference {
    let shape: [Int]
    var values: [Double]

    init(_ shape: [Int], _ values: [Double]? = nil) {
      self.shape = shape
      self.values = values ?? [Double](repeating: 0, count: shape.reduce(1, *))
    }

    /// Seeded values in -1…1, multiples of 1/64 so that small sums are exact.
    static func random(_ shape: [Int], seed: UInt64) -> Reference {
      var generator = SplitMix64(seed: seed)
      return Reference(
        shape, (0..<shape.reduce(1, *)).map { _ in Double(Int(generator.next() % 129) - 64) / 64 })
    }

    func offset(_ index: [Int]) -> Int { zip(index, shape).reduce(0) { $0 * $1.1 + $1.0 } }

    subscript(_ index: [Int]) -> Double {
      get { values[offset(index)] }
      set { values[offset(index)] = newValue }
    }

    var indices: [[Int]] {
      shape.reduce([[]]) { prefixes, size in
        prefixes.flatMap { prefix in (0..<size).map { prefix + [$0] } }
      }
    }

    var dims: [Int64] { shape.map(Int64.init) }

    /// The elements in memory with channels (axis 1) last.
    var channelsLast: [Float] {
      let order = [0] + Array(shape.indices.dropFirst(2)) + [1]
      return Reference(order.map { shape[$0] }).indices.map { moved in
        var index = shape.map { _ in 0 }
        for (axis, i) in zip(order, moved) { index[axis] = i }
        return Float(self[index])
      }
    }

    var floats: [Float] { values.map(Float.init) }

    /// The same shape read back from channels-last memory.
    func reading(channelsLast memory: [Float]) -> Reference {
      var result = self
      let order = [0] + Array(shape.indices.dropFirst(2)) + [1]
      for (k, moved) in Reference(order.map { shape[$0] }).indices.enumerated() {
        var index = shape.map { _ in 0 }
        for (axis, i) in zip(order, moved) { index[axis] = i }
        result[index] = Double(memory[k])
      }
      return result
    }
  }

  /// A tensor given as N, C, spatial… dims, stored with channels last.
  static func channelsLast(_ dtype: wp_dtype, _ dims: [Int64]) -> wp_tensor {
    var strides = [Int64](repeating: 1, count: dims.count), step = dims[1]
    for axis in dims.indices.dropFirst(2).reversed() {
      strides[axis] = step
      step *= dims[axis]
    }
    strides[0] = step
    return wp_tensor_strided(dtype, Int32(dims.count), dims, strides)
  }

  /// Packs the inputs that are to be packed, runs the primitive twice from the same contents (the second time with its
  /// arguments moved), and destroys it.
  static func run(_ primitive: OpaquePointer?, _ inputs: [[UInt8]], into outputs: [[UInt8]]) throws
    -> [[UInt8]]
  {
    let primitive = try #require(primitive, "\(String(cString: wp_last_error()))")
    defer { wp_destroy(primitive) }
    var memory: [UnsafeMutableRawPointer] = []
    defer { for pointer in memory { pointer.deallocate() } }
    func allocate(_ count: Int) -> UnsafeMutableRawPointer {
      let pointer = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1), alignment: 64)
      memory.append(pointer)
      return pointer
    }
    func place(_ bytes: [UInt8]) -> UnsafeMutableRawPointer {
      let pointer = allocate(bytes.count)
      pointer.initializeMemory(as: UInt8.self, from: bytes, count: bytes.count)
      return pointer
    }
    var runs: [[[UInt8]]] = []
    for _ in 0..<2 {
      var sources: [UnsafeRawPointer?] = []
      for (k, bytes) in inputs.enumerated() {
        let plain = place(bytes), size = wp_packed_size(primitive, Int32(k))
        guard size > 0 else {
          sources.append(plain)
          continue
        }
        let packed = allocate(size)
        try #require(
          wp_pack_weights(primitive, Int32(k), plain, packed), "\(String(cString: wp_last_error()))"
        )
        sources.append(packed)
      }
      let targets = outputs.map(place)
      try #require(
        wp_execute(primitive, sources, targets.map { $0 }, allocate(wp_scratchpad_size(primitive))),
        "\(String(cString: wp_last_error()))")
      runs.append(
        zip(targets, outputs).map { [UInt8](UnsafeRawBufferPointer(start: $0, count: $1.count)) })
    }
    #expect(runs[0] == runs[1], "two runs differ")
    return runs[0]
  }

  static func bytes<T: BitwiseCopyable>(_ values: [T]) -> [UInt8] {
    values.withUnsafeBytes { Array($0) }
  }

  static func values<T: BitwiseCopyable>(_ bytes: [UInt8], as type: T.Type = T.self) -> [T] {
    bytes.withUnsafeBytes { raw in
      (0..<raw.count / MemoryLayout<T>.stride).map {
        raw.loadUnaligned(fromByteOffset: $0 * MemoryLayout<T>.stride, as: T.self)
      }
    }
  }

  /// Float inputs and one float output of `count` elements, which starts out holding `initial` or 7.
  static func run(
    _ primitive: OpaquePointer?, _ inputs: [[Float]], count: Int, initial: [Float]? = nil
  ) throws -> [Float] {
    let start = initial ?? [Float](repeating: 7, count: count)
    return values(try run(primitive, inputs.map(bytes), into: [bytes(start)])[0])
  }

  static func expectClose(
    _ found: [Double], _ expected: [Double], _ tolerance: Double = 2e-5, _ what: String = ""
  ) {
    #expect(found.count == expected.count)
    let worst = zip(found, expected).map { ($0 - $1).magnitude / (1 + $1.magnitude) }.max() ?? 0
    #expect(worst <= tolerance, "\(what): off by \(worst)")
  }

  static func expectClose(
    _ found: [Float], _ expected: [Double], _ tolerance: Double = 2e-5, _ what: String = ""
  ) {
    expectClose(found.map(Double.init), expected, tolerance, what)
  }
}
