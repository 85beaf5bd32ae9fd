// SPDX-License-Identifier: Apache-2.0
// Convolutions with few input channels, which use Wane's own loop.

import Kernels
import MIL
import Tensors

extension Conv {
  /// Whether the call is a convolution of few channels over one or two spatial axes with constant weights.
  static func hasFewChannels(_ call: Call) -> Bool {
    guard let x = try? call.type("x"), let shape = x.shape, [3, 4].contains(shape.count), x.dtype.isFloat,
      (1...FewChannelConvolution.mostChannels).contains(shape[1]),
      let weight = call.tensor("weight"), weight.rank == shape.count, weight.count > 0, shape.elementCount > 0,
      !call.has("bias") || call.tensor("bias") != nil, (try? call.integer("groups")) == 1,
      let window = try? SlidingWindow(
        call, kernel: Array(weight.shape.dropFirst(2)), input: shape.dropFirst(2).map { $0 }, hasDilations: true)
    else { return false }
    return window.dilations.allSatisfy { $0 == 1 }
  }

  /// - Precondition: `hasFewChannels(request.call)`.
  static func fewChannelKernel(_ request: KernelRequest, _ x: Buffer, _ window: SlidingWindow) -> Kernel? {
    guard let weight = request.call.tensor("weight") else { return nil }
    let output = request.output
    func rowsAndColumns(_ values: [Int], _ alone: Int) -> (Int, Int) { (values.count == 2 ? values[0] : alone, values[values.count - 1]) }
    let convolution = FewChannelConvolution(
      x: x, weight: weight.floats(), kernel: rowsAndColumns(window.kernel, 1),
      bias: request.call.tensor("bias")?.floats() ?? [], steps: rowsAndColumns(window.strides, 1),
      padding: rowsAndColumns(window.padBegin, 0), output: output.shape)
    let (from, to) = (x.floats(), output.floats())
    let functions = request.unaryPosts
    guard functions.count == request.post.count else {
      let postOps = RowPostOps(request.post, rows: output.count / output.shape[1], columns: output.shape[1])
      return Kernel("direct", packed: ["weight", "bias"]) {
        convolution.run(from, to: to) { _, _ in }
        postOps.run(to)
      }
    }
    return Kernel("direct", packed: ["weight", "bias"]) {
      convolution.run(from, to: to) { row, count in
        for function in functions { Unary.apply(function, row, to: row, count: count) }
      }
    }
  }
}
