// SPDX-License-Identifier: Apache-2.0
// Kernels that are nothing but strided copies, and the scalars that fill gaps between them.

import Kernels
import MIL
import Tensors

extension Kernel {
  /// Copies one after another.
  init(copies: [StridedCopy], label: String = "copy") {
    self.init(label) { for copy in copies { copy.run() } }
  }

  /// All bytes of one plain buffer into another of the same size.
  init(copying from: Buffer, to: Buffer) {
    let length = from.byteCount
    self.init("copy") { to.pointer.copyMemory(from: from.pointer, byteCount: length) }
  }
}

extension KernelRequest {
  /// What fills `view` with the one element bound to `parameter`, or with `otherwise` (as bits) when nothing is bound.
  ///
  /// - Throws: `OperatorError` when that element is not of the output's type.
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

/// An operator whose output is its first input's bytes under another shape.
protocol ViewOperator: MovementOperator {}

extension ViewOperator {
  static var layout: LayoutPolicy { .view }
  static func kernel(_ request: KernelRequest) throws -> Kernel {
    Kernel(copying: try request.input(signature.parameters[0].name), to: request.output)
  }
}
