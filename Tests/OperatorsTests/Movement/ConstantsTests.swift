// SPDX-License-Identifier: Apache-2.0
// const, identity, shape, fill, fill_like, range_1d, one_hot.

import MIL
import Operators
import Tensors
import Testing

@Suite("Constants") struct ConstantsTests {
  @Test func constIsItsValue() throws {
    let codes = Tensor(codes: [1, 3, 0], dtype: .uint2, shape: [3])
    #expect(try output("const", opset: .iOS18, ["val": codes]) == codes)
    #expect(try inferred("const", ["val": "hello"]) == ["string"])
  }

  @Test func identityIsAView() throws {
    #expect(try output("identity", ["x": counting([2, 3])]) == counting([2, 3]))
    #expect(try inferred("identity", ["x": ValueType.list(tensorType(.float32, 3), length: .any)]) == ["list<tensor<fp32, [3]>, ?>"])
  }

  @Test func shapeFollowsFromTheType() throws {
    let call = try makeCall("shape", ["x": tensorType(.float16, 2, 0, 5)])
    #expect(try Catalog.find(call.operation).fold(call) == [Tensor([Int32]([2, 0, 5]))])
    let open = try makeCall("shape", ["x": tensorType(.float16, 2, nil)])
    #expect(try Catalog.find(open.operation).fold(open) == nil)
    #expect(try inferred("shape", ["x": tensorType(.float16, 2, nil)]) == ["tensor<int32, [2]>"])
    #expect(try output("shape", ["x": Tensor(scalar: Float(1))]) == Tensor([Int32]([])))
  }

  @Test func fill() throws {
    #expect(try output("fill", ["shape": [2, 2], "value": Float(1.5)]) == Tensor([Float]([1.5, 1.5, 1.5, 1.5]), shape: [2, 2]))
    #expect(try output("fill", ["shape": [3]]) == Tensor([Float]([0, 0, 0])))
    #expect(try output("fill", ["shape": [2], "value": true]) == Tensor([true, true]))
    #expect(try output("fill", ["shape": [0, 4], "value": 7]).shape == [0, 4])
    #expect(try inferred("fill", ["shape": tensorType(.int32, 3), "value": 7]) == ["tensor<int32, [?, ?, ?]>"])
    #expect(try inferred("fill", ["shape": tensorType(.int32, nil)]) == ["tensor<fp32, [...]>"])
    #expect(
      fault { try inferred("fill", ["shape": [1 << 30, 1 << 30]]) }
        == "fill 'y': the result would be tensor<fp32, [1073741824, 1073741824]>, expected extents of at least 0 and at most 2^40 elements")
    #expect(fault { try inferred("fill", ["shape": [-1]]) }.contains("at most 2^40 elements"))
  }

  @Test func fillLike() throws {
    let reference = Tensor([true, false], shape: [1, 2])
    #expect(try output("fill_like", opset: .iOS16, ["ref_tensor": reference, "value": 3]) == Tensor([Int32]([3, 3]), shape: [1, 2]))
    #expect(fault { try output("fill_like", ["ref_tensor": reference]) } == "fill_like 'y': needs iOS16, the program is iOS15")
  }

  @Test func range() throws {
    #expect(try output("range_1d", ["start": 1, "end": 8, "step": 3]) == Tensor([Int32]([1, 4, 7])))
    #expect(try output("range_1d", ["start": Float(0), "end": Float(1), "step": Float(0.25)]) == Tensor([Float]([0, 0.25, 0.5, 0.75])))
    #expect(try output("range_1d", ["start": 3, "end": 0, "step": 1]).shape == [0])
    #expect(try inferred("range_1d", ["start": 0, "end": tensorType(.int32), "step": 1]) == ["tensor<int32, [?]>"])
    #expect(
      fault { try output("range_1d", ["start": 0, "end": 3, "step": 0]) }
        == "range_1d 'y': start is 0.0, end is 3.0 and step is 0.0, expected finite numbers and a nonzero step")
    #expect(
      fault { try output("range_1d", ["start": 0, "end": Float(3), "step": 1]) }
        == "range_1d 'y': end is fp32 but start is int32; they must agree")
  }

  @Test func oneHot() throws {
    let hot = try output("one_hot", ["indices": [1, 3, 0], "one_hot_vector_size": 3])
    // Index 3 is out of range: no element is set.
    #expect(hot == Tensor([Int32]([0, 1, 0, 0, 0, 0, 1, 0, 0]), shape: [3, 3]))
    let columns = try output("one_hot", ["indices": [1, 0], "one_hot_vector_size": 3, "axis": 0, "on_value": true, "off_value": false])
    #expect(columns == Tensor([false, true, true, false, false, false], shape: [3, 2]))
    #expect(
      try inferred("one_hot", ["indices": tensorType(.int32, nil), "one_hot_vector_size": tensorType(.int32)]) == ["tensor<int32, [?, ?]>"])
    #expect(
      fault { try output("one_hot", ["indices": [1], "one_hot_vector_size": 3, "axis": 2]) } == "one_hot 'y': axis is 2, expected -2 to 1")
    #expect(
      fault { try output("one_hot", ["indices": [1], "one_hot_vector_size": -3]) }
        == "one_hot 'y': one_hot_vector_size is -3, expected at least 0")
  }
}
