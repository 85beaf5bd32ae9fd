// SPDX-License-Identifier: Apache-2.0
// Kernels that consist of strided copies, and of filling gaps with scalars.

import Kernels
import MIL
import Tensors

extension Kernel {
  /// A kernel that runs several copies in sequence.
  init(copies: [StridedCopy], label: String = "copy") {
    self.init(label) { for copy in copies { copy.run() } }
  }

  /// Copies all bytes of a plain buffer to another of the same size.
  init(copying from: Buffer, to: Buffer) {
    let length = from.byteCount
    self.init("copy") { to.pointer.copyMemory(from: from.pointer, byteCount: length) }
  }
}

extension KernelRequest {
  /// A function that fills `view` with the scalar bound to `parameter`, or with `otherwise` (as bits) if there is
  /// none.
  ///
  /// - Throws: `OperatorError` if the scalar does not have the dtype of the output.
  func filling(_ view: StridedView, with parameter: String, otherwise: UInt32 = 0) throws -> () -> Void {
    guard let element = optionalInput(parameter) else {
      let fill = StridedFill(view, pattern: otherwise)
      return { fill.run() }
    }
    guard element.dtype == output.dtype, element.count == 1 else {
      throw call.error("\(parameter) must be one \(output.dtype.name), found \(element.dtype.name)\(element.shape)")
    }
    let copy = StridedCopy(from: StridedView(repeating: element, extents: view.extents), to: view)
    return { copy.run() }
  }
}

/// An operator whose output has the bytes of its first input with a different shape.
protocol ViewOperator: MovementOperator {}

extension ViewOperator {
  static var layout: LayoutPolicy { .view }
  static func kernel(_ request: KernelRequest) throws -> Kernel {
    Kernel(copying: try request.input(signature.parameters[0].name), to: request.output)
  }
}
