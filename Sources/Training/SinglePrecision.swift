// SPDX-License-Identifier: Apache-2.0
// Conversion of a function from 16-bit to 32-bit floats, which small gradient steps need.

import MIL
import Tensors

extension Function {
  /// The function with fp16 replaced by fp32 in types, constants and casts.
  package func inSinglePrecision() -> Function {
    var function = self
    function.inputs = inputs.map(\.inSinglePrecision)
    function.block = block.inSinglePrecision
    return function
  }
}

extension Block {
  fileprivate var inSinglePrecision: Block {
    var block = self
    block.inputs = inputs.map(\.inSinglePrecision)
    block.operations = operations.map(\.inSinglePrecision)
    return block
  }
}

extension Operation {
  fileprivate var inSinglePrecision: Operation {
    var operation = self
    operation.outputs = outputs.map(\.inSinglePrecision)
    operation.blocks = blocks.map(\.inSinglePrecision)
    for i in operation.attributes.indices { operation.attributes[i].value = attributes[i].value.inSinglePrecision }
    for i in inputs.indices {
      operation.inputs[i].bindings = inputs[i].bindings.map { binding in
        guard case .constant(let constant) = binding else { return binding }
        let names = ["dtype", "output_dtype"].contains(inputs[i].parameter) && constant.string == DType.float16.name
        return .constant(names ? Constant(DType.float32.name) : constant.inSinglePrecision)
      }
    }
    // The target type of a cast may be a separate constant.
    if type == "const", constantValue?.string == DType.float16.name, let i = operation.attributes.firstIndex(where: { $0.name == "val" }) {
      operation.attributes[i].value = Constant(DType.float32.name)
    }
    return operation
  }
}

extension NamedType {
  fileprivate var inSinglePrecision: NamedType {
    var copy = self
    copy.type = type.inSinglePrecision
    return copy
  }
}

extension ValueType {
  fileprivate var inSinglePrecision: ValueType {
    switch self {
    case .tensor(var type):
      if type.dtype == .float16 { type.dtype = .float32 }
      return .tensor(type)
    case .list(let element, let length): return .list(element.inSinglePrecision, length: length)
    case .tuple(let types): return .tuple(types.map(\.inSinglePrecision))
    case .dictionary(let key, let value): return .dictionary(key: key.inSinglePrecision, value: value.inSinglePrecision)
    case .state(let content): return .state(content.inSinglePrecision)
    }
  }
}

extension Constant {
  fileprivate var inSinglePrecision: Constant {
    var copy = self
    copy.type = type.inSinglePrecision
    switch payload {
    case .tensor(let tensor): if tensor.dtype == .float16 { copy.payload = .tensor(tensor.cast(to: .float32)) }
    case .list(let values): copy.payload = .list(values.map(\.inSinglePrecision))
    case .tuple(let values): copy.payload = .tuple(values.map(\.inSinglePrecision))
    case .strings, .dictionary: break
    }
    return copy
  }
}
