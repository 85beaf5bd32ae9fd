// SPDX-License-Identifier: Apache-2.0
// What an operator of MIL is: a signature, the types it gives, the kernel that computes it.

import Kernels
import MIL
import Synchronization
import Tensors

/// An operator of the MIL catalogue. Conformers are caseless enums, one for each operator, in their family's file.
///
/// To add one: write the enum and its row in the list at the bottom of the family's file. Loading, verifying,
/// shape inference, folding, planning and running follow.
package protocol Operator: SendableMetatype {
  static var signature: Signature { get }

  /// Types of the outputs from types (and known values) of the inputs.
  ///
  /// Extents that depend on values not known yet are `.unknown`; the runtime asks again when they are known.
  /// - Throws: `OperatorError` when the inputs do not fit each other.
  static func infer(_ call: Call) throws -> [ValueType]

  /// Who computes it.
  static var execution: Execution { get }

  /// The tensors that a running program keeps the outputs in, as far as their extents are known; a list is one tensor
  /// with its elements along the first axis.
  static func kept(_ call: Call) throws -> [TensorType]

  /// The outputs, where there is a better way to them than running the kernel: from constants (sub-byte data), or from
  /// types alone (`shape`). Tried for every operation, with whatever is known. `nil`: not this way.
  static func fold(_ call: Call) throws -> [Tensor]?

  /// In which order of axes the kernel wants its inputs and gives its outputs.
  static var layout: LayoutPolicy { get }

  /// The same for one call, where it depends on it.
  static func layout(_ call: Call) -> LayoutPolicy

  /// Whether the first output may lie where the first input (or another input of the same size) lay.
  static var inPlace: Bool { get }

  /// The one parameter whose place the first output may take, where no other input may lie there (`scatter` reads its
  /// updates after it has begun to write). `nil`: `inPlace` says all.
  static var overwrites: String? { get }

  /// Whether the kernel takes an operand like the output, to be added first, from where the output goes.
  static func addsInPlace(_ call: Call) -> Bool

  /// Whether results change from run to run or with what was run before: never folded, never removed, never shared.
  static var hasEffect: Bool { get }

  /// This operator as the last touch of the operator that makes the value bound to `parameter`; `nil` when it needs
  /// a pass of its own.
  static func postOperation(_ call: Call, on parameter: String) -> PostOperation?

  /// Whether the kernel can apply such a touch to what it computes. `operand` is the shape of the touch's second
  /// operand, where it has one.
  static func accepts(_ post: PostOperation, operand: Shape?, _ call: Call) -> Bool

  /// Whether such a touch can follow those that are taken in already.
  static func accepts(_ post: PostOperation, after earlier: [PostOperation]) -> Bool

  /// How a loss's gradient goes back from the outputs to the inputs.
  static var gradient: Gradient { get }

  // MARK: Traits

  /// The number of floating-point operations in one run. A multiply-add counts as two.
  ///
  /// Matrix products are counted exactly, pooling by window size, and everything else as one operation for each
  /// element that is written or reduced. Moving data counts as zero.
  ///
  /// - Parameter outputs: the shapes of the outputs.
  static func flops(_ call: Call, outputs: [Shape]) -> Int

  /// The parameters that are weights when constants are bound to them.
  static var weights: WeightTraits { get }

  /// The operator's effect on quantized activations.
  static var activations: ActivationTraits { get }

  /// The names of the operator in other libraries.
  static var foreignNames: ForeignNames { get }

  // MARK: Computing

  /// The loop or primitive for exactly these buffers. All shapes are known, and there is something to compute: whoever
  /// plans calls `prepare`.
  static func kernel(_ request: KernelRequest) throws -> Kernel
}

extension Operator {
  package static var execution: Execution { .kernel }
  package static func kept(_ call: Call) throws -> [TensorType] {
    try infer(call).map { type in
      guard let tensor = type.kept else { throw call.error("its result is of a kind that cannot be computed with: \(type)") }
      return tensor
    }
  }
  package static func fold(_ call: Call) throws -> [Tensor]? { nil }
  package static var layout: LayoutPolicy { .plain }
  package static func layout(_ call: Call) -> LayoutPolicy { layout }
  package static var inPlace: Bool { false }
  package static var overwrites: String? { nil }
  package static func addsInPlace(_ call: Call) -> Bool { false }
  package static var hasEffect: Bool { false }
  package static func postOperation(_ call: Call, on parameter: String) -> PostOperation? { nil }
  package static func accepts(_ post: PostOperation, operand: Shape?, _ call: Call) -> Bool { false }
  package static func accepts(_ post: PostOperation, after earlier: [PostOperation]) -> Bool { true }

  /// The kernel for exactly these buffers: one that does nothing where no output has an element.
  package static func prepare(_ request: KernelRequest) throws -> Kernel {
    request.outputs.allSatisfy { $0.count == 0 } ? Kernel("empty") {} : try kernel(request)
  }
}

/// Who computes an operator. Whatever needs blocks, states or labels is the runtime's own work.
package enum Execution: Sendable {
  case kernel
  /// One of two blocks, by a truth value.
  case branch
  /// The second of two blocks, as long as the first says so.
  case loop
  /// The content of the state bound to this parameter.
  case readsState(String)
  /// The content of the state bound to this parameter becomes what is bound to the other; so does the output, if any.
  case writesState(String, from: String)
  /// Nothing: the outputs are read off the inputs when they are handed out.
  case label
}

/// How an operator treats the order of axes in memory.
package enum LayoutPolicy: Sendable {
  /// Inputs and outputs in the program's order.
  case plain
  /// First input and all outputs with channels last (rank 3 to 5), other inputs plain.
  case channelsLast
  /// First input in any order, for the kernel goes by its strides; all outputs with channels last, other inputs plain.
  case stridedToChannelsLast
  /// Any order, the same for all inputs of the output's rank and for all outputs. The kernel translates axes with
  /// `Buffer.storedAxis`. Inputs of lower rank (broadcast from the right) come plain.
  case follows
  /// The inputs of these names, and the outputs if so said, with channels last (rank 3 to 5); everything else plain.
  case channelsLastInputs(Set<String>, outputs: Bool)
  /// Inputs in any order, outputs plain: the kernel goes by strides.
  case strided
  /// The output is the first input's bytes under another shape, both plain; no kernel runs.
  case view
  /// The output is the first input's bytes with its axes renamed (`transpose`); no kernel runs.
  case permutes
}

/// A touch on every element just computed, done before it is stored.
package enum PostOperation: Sendable {
  case unary(UnaryFunction)
  /// `y = y ∘ operand`, where the operand is what the call binds to that parameter.
  case binary(BinaryFunction, operand: String)
}

/// A fused touch together with its second operand.
package struct FusedPostOperation {
  package let operation: PostOperation
  /// For `.binary`: the other operand.
  package let operand: Buffer?

  package init(operation: PostOperation, operand: Buffer? = nil) {
    self.operation = operation
    self.operand = operand
  }
}

/// What a kernel is made for.
package struct KernelRequest {
  package let call: Call
  /// Buffers of all bound tensor inputs, constants included, by parameter.
  package let inputs: ByParameter<[Buffer]>
  package let outputs: [Buffer]
  package let post: [FusedPostOperation]
  /// Memory that every kernel of a plan may use while it runs.
  package let scratch: Scratch

  package init(
    call: Call, inputs: ByParameter<[Buffer]>, outputs: [Buffer], post: [FusedPostOperation] = [], scratch: Scratch
  ) {
    self.call = call
    self.inputs = inputs
    self.outputs = outputs
    self.post = post
    self.scratch = scratch
  }

  /// The buffer bound to a parameter that the signature requires.
  package func input(_ parameter: String) throws -> Buffer {
    guard let buffer = inputs[parameter]?.first else { throw call.missing(parameter) }
    return buffer
  }

  /// The buffer of an optional parameter.
  package func optionalInput(_ parameter: String) -> Buffer? { inputs[parameter]?.first }

  /// The first output, which every operator has.
  package var output: Buffer { outputs[0] }

  /// The fused post-operations if all of them are functions of a single float.
  var unaryPosts: [UnaryFunction] {
    post.compactMap { if case .unary(let function) = $0.operation { function } else { nil } }
  }
}

/// A prepared computation: addresses and shapes are inside.
package struct Kernel {
  /// Which loop or primitive was chosen, for profiles (`brgconv:avx512`, `loop`).
  package let label: String
  /// Parameters whose constant data the kernel has copied (packed weights): the plan may let go of it.
  package let packed: Set<String>
  /// - Throws: `OperatorError` for faults that depend on values (an index out of range).
  package let run: () throws -> Void

  package init(_ label: String, packed: Set<String> = [], run: @escaping () throws -> Void) {
    self.label = label
    self.packed = packed
    self.run = run
  }
}

/// Memory shared by the kernels of a plan, which run one after another. Reserve while preparing, which several threads may,
/// use while running.
package final class Scratch {
  package private(set) var base = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 64)
  private var size = 64
  private let growing = Mutex(())

  package init() {}
  deinit { base.deallocate() }

  /// Makes room for `bytes`. The address may change until the plan is complete: read `base` when running.
  package func reserve(_ bytes: Int) {
    growing.withLock { _ in
      guard bytes > size else { return }
      base.deallocate()
      base = .allocate(byteCount: bytes, alignment: 64)
      size = bytes
    }
  }
}
