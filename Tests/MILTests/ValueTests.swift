// SPDX-License-Identifier: Apache-2.0
// Types, constants and their placement, opsets, operations.

import MIL
import Tensors
import Testing

struct ValueTests {
  @Test func typesAcceptWhatFits() {
    let open = TensorType(.float32, [.fixed(1), .any, .fixed(3)])
    #expect(open.accepts(TensorType(.float32, [1, 7, 3])))
    #expect(TensorType(.float32, [1, 7, 3]).accepts(open))
    #expect(!open.accepts(TensorType(.float32, [1, 7, 4])))
    #expect(!open.accepts(TensorType(.float32, [1, 3])))
    #expect(!open.accepts(TensorType(.float16, [1, 7, 3])))
    #expect(TensorType(.float32, [.unknown(variadic: true)]).accepts(open))
    #expect(
      ValueType.list(.scalar(.string), length: .any).accepts(
        .list(.scalar(.string), length: .fixed(3))))
    #expect(!ValueType.state(.scalar(.float32)).accepts(.scalar(.float32)))
  }

  @Test func typesReadWell() {
    #expect("\(ValueType.scalar(.float16))" == "fp16")
    #expect(
      "\(ValueType.tensor(TensorType(.uint4, [.fixed(2), .any, .unknown(variadic: true)])))"
        == "tensor<uint4, [2, ?, ...]>")
    #expect("\(ValueType.state(.tensor(.float32, [1])))" == "state<tensor<fp32, [1]>>")
    #expect(
      "\(ValueType.dictionary(key: .scalar(.string), value: .list(.scalar(.int64), length: .any)))"
        == "dict<string, list<int64, ?>>")
  }

  /// The rows of coremltools' `should_use_weight_file`: 10 elements, and the dtypes by opset.
  @Test(arguments: [
    (DType.float32, 10, Opset.iOS15, true), (.float32, 9, .iOS15, false),
    (.float16, 10, .iOS15, true),
    (.uint8, 10, .iOS15, true), (.int8, 10, .iOS15, true), (.uint4, 10, .iOS15, true),
    (.int4, 10, .iOS18, true),
    (.int16, 10, .iOS17, false), (.int16, 10, .iOS18, true), (.uint16, 10, .iOS17, false),
    (.uint16, 10, .iOS18, true),
    (.int32, 100, .iOS17, false), (.int32, 10, .iOS18, true), (.uint32, 10, .iOS17, false),
    (.uint32, 10, .iOS18, true),
    (.bool, 100, .iOS18, false), (.int64, 100, .iOS18, false), (.uint64, 100, .iOS18, false),
    (.float64, 100, .iOS18, false),
  ])
  func constantsLieWhereCoremltoolsPutsThem(dtype: DType, count: Int, opset: Opset, inFile: Bool) {
    let constant = Constant(Tensor(zeros: dtype, [count, 1]), opset: opset)
    #expect(constant.placement == (inFile ? .file("@model_path/weights/weight.bin") : .immediate))
    #expect(constant.type == .tensor(dtype, [count, 1]))
  }

  @Test func opsets() {
    #expect(Opset.iOS18.specificationVersion == 9)
    #expect(Opset(name: "CoreML7") == .iOS17)
    #expect(Opset(name: "CoreML12") == .iOS18)
    #expect(Opset(name: "CoreML3") == nil)
    #expect(Opset(name: "iOS17") == nil)
  }

  @Test func operationsGiveTheirParts() {
    let operation = Operation(
      type: "constexpr_cast", inputs: [Argument("x", "v")],
      outputs: [NamedType("out", .scalar(.float16))],
      attributes: [Attribute("name", Constant("op")), Attribute("output_dtype", Constant("fp16"))])
    #expect(operation.name == "op")
    #expect(operation.bindings("x") == [.name("v")])
    #expect(operation.bindings("output_dtype") == [.constant(Constant("fp16"))])
    #expect(operation.bindings("name") == nil)
    #expect(operation.bindings("y") == nil)
    #expect(operation.constantValue == nil)
  }
}
