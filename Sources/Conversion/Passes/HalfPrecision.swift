// SPDX-License-Identifier: Apache-2.0
// Computes in half precision, with casts where a value is needed in single precision.

import MIL
import Operators
import Tensors

/// The pass `precision = "float16"`: every operation that accepts fp16 gets fp16 operands.
enum HalfPrecision {
  /// The largest finite half.
  static let largest: Float = 65504
  /// What replaces masks like −3.4e38: two of them still add up to a finite half, and their exponential is 0.
  static let mask: Float = 3e4

  /// - Parameter selects: whether an operation is computed in half precision; all are by default.
  static func run(
    _ function: inout Function, notes: inout [ConversionNote], selects: ((Operation) throws -> Bool)? = nil
  ) throws -> Bool {
    guard let opset = Opset(name: function.opset) else { return false }
    var rewrite = HalfRewrite(opset: opset, names: FreshNames(function), selects: selects)
    for input in function.inputs { rewrite.types[input.name] = input.type }
    function.block.forEachOperation { _, operation in
      guard operation.type == "reduce_mean", let name = operation.bindings("x")?.first?.name else { return }
      rewrite.averaged.insert(name)
    }
    function.block = try rewrite.block(function.block)
    notes += rewrite.notes
    return true
  }
}

private struct HalfRewrite {
  let opset: Opset
  var names: FreshNames
  var types: [String: ValueType] = [:]
  var notes: [ConversionNote] = []
  private var constants: [String: Tensor] = [:]
  /// Values that exist in half precision, by their original names.
  private var halves: [String: String] = [:]
  /// Values that exist only in half precision.
  private var onlyHalf: Set<String> = []
  /// Squares and what follows from them in a written-out norm, which overflow in half precision.
  private var sensitive: Set<String> = []
  /// The values of which a mean is taken.
  var averaged: Set<String> = []
  private var out: [Operation] = []
  private let selects: ((Operation) throws -> Bool)?
  private let spill = SpilledConstants()

  init(opset: Opset, names: FreshNames, selects: ((Operation) throws -> Bool)?) {
    self.opset = opset
    self.names = names
    self.selects = selects
  }

  mutating func block(_ block: Block) throws -> Block {
    let outer = (out, halves, onlyHalf)
    out = []
    for input in block.inputs { types[input.name] = input.type }
    for operation in block.operations { try visit(operation) }
    var result = block
    for output in block.outputs { single(output) }
    result.operations = out
    (out, halves, onlyHalf) = outer
    return result
  }

  private mutating func visit(_ operation: Operation) throws {
    for output in operation.outputs { types[output.name] = output.type }
    if let constant = operation.constantValue {
      if let tensor = constant.tensor { constants[operation.outputs[0].name] = tensor }
      out.append(operation)
      return
    }
    if operation.isDecoder { return out.append(decoder(operation)) }
    if !operation.blocks.isEmpty {
      // Values of the surroundings are needed in single precision before the operation, not only within a block.
      readSingles(operation)
      var changed = operation
      for i in changed.blocks.indices { changed.blocks[i] = try block(changed.blocks[i]) }
      return out.append(changed)
    }
    if operation.type == "cast" {
      // A cast from fp16 to fp32 gives the value in both.
      if case .name(let source)? = operation.bindings("x")?.first, types[source]?.tensorType?.dtype == .float16,
        operation.outputs[0].type.tensorType?.dtype == .float32
      {
        halves[operation.outputs[0].name] = source
      }
      readSingles(operation)
      return out.append(operation)
    }
    guard let op = Catalog.known(operation), !operation.type.contains("list"), !isSensitive(operation), try isSelected(operation),
      var changed = half(operation, op.signature)
    else {
      readSingles(operation)
      return out.append(operation)
    }
    let operands = try Dictionary(
      changed.inputs.map { argument in (argument.parameter, try argument.bindings.map(operand)) }, uniquingKeysWith: { first, _ in first })
    let call = Call(operation: changed, opset: opset, signature: op.signature, operands: operands)
    guard (try? call.check()) != nil, let inferred = try? op.infer(call), inferred.count == changed.outputs.count else {
      readSingles(operation)
      return out.append(operation)
    }
    for (i, type) in inferred.enumerated() {
      guard type.tensorType?.dtype == .float16, operation.outputs[i].type.tensorType?.dtype == .float32 else { continue }
      let original = changed.outputs[i].name
      let name = names.take(original + "_cast_fp16")
      halves[original] = name
      onlyHalf.insert(original)
      changed.outputs[i] = NamedType(name, type)
      types[name] = type
    }
    out.append(changed)
  }

  private func operand(_ binding: Binding) throws -> Operand {
    switch binding {
    case .constant(let constant): return Operand(name: nil, type: constant.type, constant: constant)
    case .name(let name):
      guard let type = types[name] else { throw OperatorError(operatorName: "value", operationName: name, problem: "is not defined") }
      return Operand(name: name, type: type, constant: constants[name].map { Constant($0) })
    }
  }

  // MARK: Deciding

  private func isSelected(_ operation: Operation) throws -> Bool { try selects.map { try $0(operation) } ?? true }

  /// Whether an operation belongs to a written-out norm: the mean of squares, an epsilon, the root.
  private mutating func isSensitive(_ operation: Operation) -> Bool {
    let reads = operation.inputs.flatMap(\.bindings).compactMap(\.name)
    switch operation.type {
    case "square":
      guard averaged.contains(operation.outputs[0].name) else { return false }
      notes.append(
        ConversionNote(
          subject: operation.outputs[0].name, text: "the norm is computed in single precision, because squares overflow in half"))
    case "reduce_mean", "add", "maximum", "sqrt", "rsqrt", "pow":
      guard reads.contains(where: sensitive.contains) else { return false }
    default: return false
    }
    if !["sqrt", "rsqrt", "pow"].contains(operation.type) { sensitive.insert(operation.outputs[0].name) }
    return true
  }

  /// The operation with fp16 operands; `nil` if it stays as it is.
  private mutating func half(_ operation: Operation, _ signature: Signature) -> Operation? {
    // Parameters with one letter share a dtype. A letter that only scalars have keeps single precision from iOS17 on.
    var groups: [Character: [String]] = [:]
    var chosen: Set<String> = []
    for argument in operation.inputs {
      guard let parameter = signature.parameter(argument.parameter), argument.bindings.contains(where: isSingle),
        parameter.domain.dtypes[.float16].map({ opset >= $0 }) == true
      else { continue }
      if let letter = parameter.domain.letter(in: opset) {
        groups[letter, default: []].append(argument.parameter)
      } else {
        chosen.insert(argument.parameter)
      }
    }
    let main = signature.parameters.first?.name
    for (_, parameters) in groups {
      let isOnlyScalars = parameters.allSatisfy { name in
        name != main
          && operation.bindings(name)?.allSatisfy { if case .constant(let c) = $0 { c.tensor?.rank == 0 } else { false } } == true
      }
      if !isOnlyScalars { chosen.formUnion(parameters) }
    }
    guard !chosen.isEmpty else { return nil }
    let allowsMask = ["add", "sub", "select", "maximum", "minimum", "fill"].contains(operation.type)
    for parameter in chosen {
      for binding in operation.bindings(parameter) ?? [] {
        guard let tensor = tensor(binding), exceeds(tensor) else { continue }
        guard allowsMask else { return nil }
      }
    }
    var changed = operation
    for i in changed.inputs.indices where chosen.contains(changed.inputs[i].parameter) {
      changed.inputs[i].bindings = changed.inputs[i].bindings.map { halved($0, of: operation) }
    }
    return changed
  }

  private func isSingle(_ binding: Binding) -> Bool {
    switch binding {
    case .constant(let constant): constant.tensor?.dtype == .float32
    case .name(let name): types[name]?.tensorType?.dtype == .float32
    }
  }

  private func tensor(_ binding: Binding) -> Tensor? {
    switch binding {
    case .constant(let constant): constant.tensor
    case .name(let name): constants[name]
    }
  }

  private func exceeds(_ tensor: Tensor) -> Bool {
    tensor.dtype == .float32 && tensor.withElements(of: Float.self) { $0.contains { $0.isFinite && abs($0) > HalfPrecision.largest } }
  }

  // MARK: Rewriting

  private mutating func halved(_ binding: Binding, of operation: Operation) -> Binding {
    switch binding {
    case .constant(let constant):
      guard let tensor = constant.tensor, tensor.dtype == .float32 else { return binding }
      return .constant(Constant(rounded(tensor, operation), opset: opset))
    case .name(let name):
      guard types[name]?.tensorType?.dtype == .float32 else { return binding }
      if let known = halves[name] { return .name(known) }
      let fresh = names.take(name + "_to_fp16")
      if let tensor = constants[name] {
        let value = rounded(tensor, operation)
        out.append(.const(fresh, Constant(value, opset: opset)))
        types[fresh] = .tensor(.float16, value.shape)
        constants[fresh] = value
      } else {
        let type = ValueType.tensor(TensorType(.float16, types[name]?.tensorType?.dimensions ?? []))
        out.append(Self.cast(name, to: .float16, as: NamedType(fresh, type)))
        types[fresh] = type
      }
      halves[name] = fresh
      return .name(fresh)
    }
  }

  /// The constant in half precision: masks stay finite, and small values do not become 0.
  private mutating func rounded(_ tensor: Tensor, _ operation: Operation) -> Tensor {
    var values = tensor
    if exceeds(tensor) {
      values = Tensor(
        tensor.floats().map { $0.isFinite && abs($0) > HalfPrecision.largest ? ($0 < 0 ? -HalfPrecision.mask : HalfPrecision.mask) : $0 },
        shape: tensor.shape)
      notes.append(
        ConversionNote(subject: operation.name, text: "a constant beyond the range of half precision became ±\(Int(HalfPrecision.mask))"))
    }
    let half = values.cast(to: .float16)
    guard values.count < 400 else { return spill.settled(half) }
    let smallest: Float = 0x1p-24
    let wide = half.floats()
    let source = values.floats()
    guard zip(wide, source).contains(where: { $0 == 0 && $1 != 0 }) else { return half }
    return Tensor(zip(wide, source).map { $0 == 0 && $1 != 0 ? ($1 < 0 ? -smallest : smallest) : $0 }, shape: values.shape).cast(
      to: .float16)
  }

  /// Decoders of weights give fp16 if their scales are fp16.
  private mutating func decoder(_ operation: Operation) -> Operation {
    guard operation.outputs[0].type.tensorType?.dtype == .float32 else { return operation }
    var changed = operation
    for i in changed.attributes.indices where changed.attributes[i].name == "scale" {
      guard let scale = changed.attributes[i].value.tensor, !exceeds(scale) else { return operation }
      changed.attributes[i].value = Constant(scale.cast(to: .float16), opset: opset)
    }
    for i in changed.inputs.indices where changed.inputs[i].parameter == "scale" {
      guard let binding = changed.inputs[i].bindings.first, let scale = tensor(binding), !exceeds(scale) else { return operation }
      changed.inputs[i].bindings = [halved(binding, of: operation)]
    }
    let name = operation.outputs[0].name
    let type = ValueType.tensor(TensorType(.float16, operation.outputs[0].type.tensorType?.dimensions ?? []))
    let fresh = names.take(name + "_to_fp16")
    changed.outputs[0] = NamedType(fresh, type)
    types[fresh] = type
    halves[name] = fresh
    onlyHalf.insert(name)
    return changed
  }

  private mutating func readSingles(_ operation: Operation) {
    for argument in operation.inputs { for case .name(let name) in argument.bindings { single(name) } }
    for block in operation.blocks { readSingles(block) }
  }

  private mutating func readSingles(_ block: Block) {
    for operation in block.operations { readSingles(operation) }
    for output in block.outputs { single(output) }
  }

  /// Makes sure that a value exists in single precision.
  private mutating func single(_ name: String) {
    guard onlyHalf.contains(name), let half = halves[name] else { return }
    onlyHalf.remove(name)
    out.append(Self.cast(half, to: .float32, as: NamedType(name, types[name] ?? .scalar(.float32))))
  }

  private static func cast(_ name: String, to dtype: DType, as output: NamedType) -> Operation {
    Operation(
      type: "cast", inputs: [Argument("x", name), Argument("dtype", Constant(dtype.name))], outputs: [output],
      attributes: [Attribute("name", Constant(output.name))])
  }
}
