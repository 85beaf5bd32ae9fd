// SPDX-License-Identifier: Apache-2.0
// Convolutions as products of windows with weights.

import CKernels
import Kernels
import Tensors

extension DenseCall {
  /// Output channels from which copying windows takes little time.
  private static let leastOutputsOfCopies = 48

  /// A convolution over one or two spatial axes.
  ///
  /// - Parameters: x, y: `[N, C, *D]`.
  /// - Returns: `nil` for other windows, orders of axes and types, and where oneDNN's convolution takes less time.
  init?(
    convolution x: Buffer, weight: Buffer, bias: Buffer?, y: Buffer, window: SlidingWindow, groups: Int, isConstant: Bool,
    shared: SharedWeights
  ) {
    let rank = x.shape.count
    guard groups == 1, rank == 3 || rank == 4, y.dtype == .float32, weight.isPlain, weight.dtype == .float32,
      [x, y].allSatisfy({ Layout.same($0.order, Layout.channelsLast(rank), $0.shape) })
    else { return nil }
    func pair(_ values: some BidirectionalCollection<Int>, _ alone: Int) -> (Int, Int) {
      (values.count == 2 ? values.first ?? alone : alone, values.last ?? alone)
    }
    let (channels, outputs, taps) = (x.shape[1], y.shape[1], window.kernel.reduce(1, *))
    let (input, output) = (pair(x.shape.dropFirst(2), 1), pair(y.shape.dropFirst(2), 1))
    let (kernel, steps, dilations) = (pair(window.kernel, 1), pair(window.strides, 1), pair(window.dilations, 1))
    let pad = pair(window.padBegin, 0)
    let isMatrix = taps == 1 && steps == (1, 1) && pad == (0, 0) && input == output
    guard isMatrix || outputs >= Self.leastOutputsOfCopies else { return nil }
    // Zeros around the input times a weight that is not finite would not be zero.
    guard isMatrix || !isConstant || ck_all_finite(weight.floats(), weight.count)
    else { return nil }
    let windows = ck_windows(
      channels: channels, height: input.0, width: input.1, output_height: output.0, output_width: output.1, kernel_height: kernel.0,
      kernel_width: kernel.1, row_step: steps.0, column_step: steps.1, row_dilation: dilations.0, column_dilation: dilations.1,
      pad_top: pad.0, pad_left: pad.1)
    self.init(
      x, rows: y.shape[0] * output.0 * output.1,
      Weights(
        buffer: weight, columns: outputs, channels: channels, taps: taps, strides: (channels * taps, taps), isConstant: isConstant),
      bias: bias, windows: isMatrix ? nil : windows, shared: shared)
  }
}
