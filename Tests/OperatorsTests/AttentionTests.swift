// SPDX-License-Identifier: Apache-2.0
// The masks, keys and values that scaled_dot_product_attention accepts.

import MIL
import Operators
import Tensors
import Testing

@Suite struct AttentionTests {
  private func infer(query: [Int], key: [Int], value: [Int], mask: [Int]?, _ dtype: DType = .bool) -> String? {
    let types = [query, key, value].map { ValueType.tensor(TensorType(.float32, $0.map { .fixed($0) })) }
    do {
      if let mask {
        _ = try inferred(
          "scaled_dot_product_attention", opset: .iOS18,
          [
            "query": types[0], "key": types[1], "value": types[2],
            "attn_mask": ValueType.tensor(TensorType(dtype, mask.map { .fixed($0) })),
          ])
      } else {
        _ = try inferred(
          "scaled_dot_product_attention", opset: .iOS18, ["query": types[0], "key": types[1], "value": types[2]])
      }
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test(arguments: [[2, 3, 5, 7], [1, 1, 5, 7], [2, 1, 1, 1], [5, 7], [7], [3, 1, 7], [1]])
  func masksThatFit(_ mask: [Int]) {
    for dtype in [DType.bool, .float32, .float16] {
      #expect(infer(query: [2, 3, 5, 4], key: [2, 3, 7, 4], value: [2, 3, 7, 6], mask: mask, dtype) == nil)
    }
  }

  /// Rows, columns, heads, batch, rank; the first is a mask of three rows for one query.
  @Test(arguments: [
    ([2, 3, 1, 4], [3, 7]), ([2, 3, 5, 4], [4, 7]), ([2, 3, 5, 4], [5, 6]), ([2, 3, 5, 4], [2, 5, 7]), ([2, 3, 5, 4], [3, 3, 5, 7]),
    ([2, 3, 5, 4], [1, 2, 3, 5, 7]), ([1, 3, 5, 4], [2, 3, 5, 7]),
  ])
  func masksThatDoNot(_ query: [Int], _ mask: [Int]) {
    let found = infer(query: query, key: [query[0], 3, 7, 4], value: [query[0], 3, 7, 6], mask: mask)
    #expect(found?.contains("attn_mask") == true, "\(found ?? "no error")")
  }

  @Test func keysAndValuesOfOtherBatches() {
    #expect(
      infer(query: [2, 3, 5, 4], key: [3, 3, 7, 4], value: [2, 3, 7, 6], mask: nil)?.contains("axis 0 has 2 elements in query and 3 in key")
        == true)
    #expect(
      infer(query: [2, 3, 5, 4], key: [2, 3, 7, 4], value: [2, 2, 7, 6], mask: nil)?.contains(
        "axis 1 has 3 elements in query and 2 in value") == true)
    #expect(infer(query: [2, 3, 5, 4], key: [2, 1, 7, 4], value: [2, 1, 7, 6], mask: nil) == nil)
  }

  /// One query and two keys, one of which is masked: the result is the value of the other.
  @Test func aMaskIsBroadcast() throws {
    let query = Tensor([Float](repeating: 1, count: 2 * 2), shape: [1, 2, 2])
    let key = Tensor([Float](repeating: 1, count: 4), shape: [1, 2, 2])
    let value = Tensor([Float]([1, 2]), shape: [1, 2, 1])
    for mask in [Tensor([true, false], shape: [1, 2]), Tensor([true, false, true, false], shape: [1, 2, 2]), Tensor([true, false])] {
      let y = try output(
        "scaled_dot_product_attention", opset: .iOS18, ["query": query, "key": key, "value": value, "attn_mask": mask])
      #expect(y.floats() == [1, 1])
    }
  }
}
