// SPDX-License-Identifier: Apache-2.0
// Reads the results of coremltools for a few small weights (Fixtures/coremltools_reference.py).

import Foundation
import Tensors

struct ReferenceFixture: Decodable {
  struct Weight: Decodable {
    let dtype: String
    let shape: [Int]
    let data: String

    var tensor: Tensor {
      let bytes = ReferenceFixture.bytes(data)
      return bytes.withUnsafeBytes {
        Tensor(dtype: dtype == "float16" ? .float16 : .float32, shape: shape, bytes: $0)
      }
    }
  }

  struct Case: Decodable, Sendable, CustomStringConvertible {
    let kind: String
    let weight: String
    var dtype: String?
    var mode: String?
    var block_size: BlockSizeField?
    var codes: String?
    var scale: String?
    var offset: String?
    var dense: String?
    var lut: String?
    var lut_shape: [Int]?
    var nbits: Int?
    var group_size: Int?
    var axis: Int?
    var cluster_dim: Int?
    var error: Double?
    var threshold: Double?
    var target_sparsity: Double?
    var n_m_ratio: [Int]?
    var dim: Int?

    var description: String {
      let parts: [String?] = [
        kind, weight, dtype, mode, block_size.map { "\($0.sizes)" }, nbits.map { "nbits \($0)" },
        group_size.map { "group \($0)" },
        axis.map { "axis \($0)" }, cluster_dim.map { "dim \($0)" }, target_sparsity.map { "\($0)" },
        n_m_ratio.map { "\($0)" }, dim.map { "dim \($0)" },
      ]
      return parts.compactMap { $0 }.joined(separator: " ")
    }
  }

  /// A number or a list of them.
  struct BlockSizeField: Decodable, Sendable {
    let sizes: [Int]

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      sizes = try (try? [container.decode(Int.self)]) ?? container.decode([Int].self)
    }
  }

  let weights: [String: Weight]
  let cases: [Case]

  static func load() throws -> ReferenceFixture {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
      "Fixtures/coremltools_reference.json")
    return try JSONDecoder().decode(ReferenceFixture.self, from: Data(contentsOf: file))
  }

  /// The cases of one kind. Loading never fails in a complete checkout, and a test checks that the list is not empty.
  static func cases(_ kind: String) -> [Case] {
    ((try? load())?.cases ?? []).filter { $0.kind == kind }
  }

  static func bytes(_ hex: String) -> [UInt8] {
    let digits = Array(hex.utf8).map { $0 < 97 ? $0 - 48 : $0 - 87 }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }
}
