// SPDX-License-Identifier: Apache-2.0
// The protocol of MIL operators: signature, type inference, kernel.

import Kernels
import MIL
import Synchronization
import Tensors

/// A MIL operator in the catalog. Conforming types are caseless enums, one for each operator, in the file of their
/// family.
///
/// To add an operator, write the enum and add it to the list at the end of the family's file. It is then supported by
/// loading, verification, shape inference, constant folding, planning and execution.
package protocol Operator: SendableMetatype {
  static var signature: Signature { get }

  /// Infers the types of the outputs from types (and known values) of the inputs.
  ///
  /// Extents that depend on unknown values are `.unknown`; the runtime repeats the inference when the values are
  /// known.
  /// - Throws: `OperatorError` if the inputs are incompatible.
  static func infer(_ call: Call) throws -> [ValueType]

  /// How the operator is executed.
  static var execution: Execution { get }

  /// The types of the tensors that store the outputs at run time, with extents as far as they are known. A list is
  /// one tensor with its elements along the first axis.
  static func kept(_ call: Call) throws -> [TensorType]

  /// Computes the outputs without running the kernel, if there is a more efficient way: from constants (sub-byte
  /// data), or from types alone (`shape`). It is tried for every operation with the known information; `nil` if it
  /// does not apply.
  static func fold(_ call: Call) throws -> [Tensor]?

  /// The axis orders of inputs and outputs that the kernel requires.
  static var layout: LayoutPolicy { get }

  /// The axis orders for a particular call.
  static func layout(_ call: Call) -> LayoutPolicy

  /// Whether the first output may use the memory of the first input (or of another input of the same size).
  static var inPlace: Bool { get }

  /// The only parameter whose memory the first output may use (`scatter` reads its updates after it has started to
  /// write). `nil`: only `inPlace` applies.
  static var overwrites: String? { get }

  /// Whether the kernel can read an operand of a fused addition, which has the shape of the output, from the output's
  /// memory.
  static func addsInPlace(_ call: Call) -> Bool

  /// Whether results differ between runs or depend on previous runs. Such operators are never folded, removed or
  /// merged.
  static var hasEffect: Bool { get }

  /// This operator as a post-op of the operator that computes the value bound to `parameter`; `nil` if it cannot be
  /// fused.
  static func postOperation(_ call: Call, on parameter: String) -> PostOperation?

  /// Whether the kernel supports this post-op. `operand` is the shape of the post-op's second operand, if it has one.
  static func accepts(_ post: PostOperation, operand: Shape?, _ call: Call) -> Bool

  /// Whether the post-op is supported after those that are already fused.
  static func accepts(_ post: PostOperation, after earlier: [PostOperation]) -> Bool

  /// How gradients are propagated from the outputs to the inputs.
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

  /// The loop or primitive for these buffers. All shapes are known and not empty: the planner calls `prepare`, which
  /// handles empty outputs.
  static func kernel(_ request: KernelRequest) throws -> Kernel
}

extension Operator {
  package static var execution: Execution { .kernel }
  package static func kept(_ call: Call) throws -> [TensorType] {
    try infer(call).map { type in
      guard let tensor = type.kept else { throw call.error("its result has type \(type), expected a tensor or list") }
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

  /// The kernel for these buffers. It does nothing if the outputs have no elements.
  package static func prepare(_ request: KernelRequest) throws -> Kernel {
    request.outputs.allSatisfy { $0.count == 0 } ? Kernel("empty") {} : try kernel(request)
  }
}

/// How an operator is executed. Operators with blocks, states or labels are executed by the runtime itself.
package enum Execution: Sendable {
  case kernel
  /// One of two blocks, depending on a boolean.
  case branch
  /// The second of two blocks, repeated while the first returns true.
  case loop
  /// Returns the content of the state bound to this parameter.
  case readsState(String)
  /// Writes the value bound to the other parameter to the state bound to this parameter, and returns it if there is
  /// an output.
  case writesState(String, from: String)
  /// No execution: outputs are computed from the inputs when they are returned to the caller.
  case label
}

/// A post-op: a function applied to every computed element before it is stored.
package enum PostOperation: Sendable {
  case unary(UnaryFunction)
  /// `y = y ∘ operand`, where the operand is bound to that parameter of the call.
  case binary(BinaryFunction, operand: String)
}

/// A fused post-op with its second operand.
package struct FusedPostOperation {
  package let operation: PostOperation
  /// The other operand of `.binary`.
  package let operand: Buffer?

  package init(operation: PostOperation, operand: Buffer? = nil) {
    self.operation = operation
    self.operand = operand
  }
}

/// The request for a kernel.
package struct KernelRequest {
  package let call: Call
  /// The buffers of all tensor inputs by parameter, including constants.
  package let inputs: ByParameter<[Buffer]>
  package let outputs: [Buffer]
  package let post: [FusedPostOperation]
  /// Scratch memory that every kernel of a plan may use while it runs.
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

  /// The buffer of a required parameter.
  package func input(_ parameter: String) throws -> Buffer {
    guard let buffer = inputs[parameter]?.first else { throw call.missing(parameter) }
    return buffer
  }

  /// The buffer of an optional parameter.
  package func optionalInput(_ parameter: String) -> Buffer? { inputs[parameter]?.first }

  /// The first output.
  package var output: Buffer { outputs[0] }

  /// The fused post-operations if all of them are functions of a single float.
  var unaryPosts: [UnaryFunction] {
    post.compactMap { if case .unary(let function) = $0.operation { function } else { nil } }
  }
}

/// A prepared computation with fixed addresses and shapes.
package struct Kernel {
  /// The loop or primitive, for profiles (`brgconv:avx512`, `loop`).
  package let label: String
  /// Parameters whose constant data the kernel has copied (packed weights), so that the plan may release them.
  package let packed: Set<String>
  /// The same work in slices that may alternate with those of other kernels; `nil` for kernels that run as a whole only.
  package let sliced: SlicedWork?
  /// - Throws: `OperatorError` for errors that depend on values (an index out of range).
  package let run: () throws -> Void

  package init(_ label: String, packed: Set<String> = [], sliced: SlicedWork? = nil, run: @escaping () throws -> Void) {
    self.label = label
    self.packed = packed
    self.sliced = sliced
    self.run = run
  }
}

/// Memory shared by the kernels of a plan, which run sequentially. It is reserved during preparation, which may run
/// on several threads, and used at run time.
package final class Scratch {
  package private(set) var base = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 64)
  private var size = 64
  private let growing = Mutex(())
  /// Packed weights, shared with other plans.
  package let weights: SharedWeights

  package init(weights: SharedWeights = SharedWeights()) { self.weights = weights }
  deinit { base.deallocate() }

  /// Reserves `bytes` bytes. The address may change until the plan is complete, so kernels read `base` at run time.
  package func reserve(_ bytes: Int) {
    growing.withLock { _ in
      guard bytes > size else { return }
      base.deallocate()
      base = .allocate(byteCount: bytes, alignment: 64)
      size = bytes
    }
  }
}
