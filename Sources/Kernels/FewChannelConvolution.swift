// SPDX-License-Identifier: Apache-2.0
// Convolution with so few input channels that oneDNN's kernels leave most SIMD lanes empty (and take tens of milliseconds to
// create for long rows).

import CKernels
import Tensors

/// A convolution prepared for images with few channels in any axis order; the output is channels-last.
package struct FewChannelConvolution {
  /// With more input channels oneDNN is faster.
  package static let mostChannels = 4

  private var geometry: ck_conv
  /// Owns the packed weights that `geometry` points to.
  private let memory: Memory
  private let bias: [Float]
  private let images: Int
  private let outputHeight: Int
  private let imageStride: Int
  /// Output rows are computed in parts so that the input of a part stays in the L1 cache.
  private let partsPerRow: Int
  private static let mostColumns = 1024

  /// Parts of one slice.
  private let partsPerSlice: Int

  /// Packed weights, and a scratch buffer for the input rows of each lane, so that running allocates nothing.
  private final class Memory {
    let weight: UnsafeMutablePointer<Float>
    private(set) var scratch: [UnsafeMutablePointer<Float>] = []

    init(_ weights: [Float], outputs: Int, inputs: Int, kernelWidth: Int) {
      weight = .allocate(capacity: max(ck_conv_packed_count(outputs, inputs, kernelWidth), 1))
      ck_conv_pack(weight, weights, outputs, inputs, kernelWidth)
    }

    func reserve(buffers count: Int, of floats: Int) {
      scratch = (0..<count).map { _ in .allocate(capacity: max(floats, 1)) }
    }

    deinit {
      weight.deallocate()
      for buffer in scratch { buffer.deallocate() }
    }
  }

  /// - Parameters:
  ///   - x: `[N, C, H, W]` or `[N, C, W]` in any axis order.
  ///   - weight: `[outputs, C, kernelHeight, kernelWidth]`, row-major.
  ///   - bias: one value per output channel, or empty.
  ///   - kernel, steps, padding: for one spatial axis the height is 1, as is the vertical step, and the top padding is 0.
  ///   - output: `[N, outputs, H, W]` or `[N, outputs, W]`.
  package init(
    x: Buffer, weight: [Float], kernel: (height: Int, width: Int), bias: [Float], steps: (height: Int, width: Int),
    padding: (top: Int, left: Int), output: Shape
  ) {
    // An input with one spatial axis is an image of height 1.
    func image<T>(_ values: [T], _ height: T) -> [T] { values.count == 3 ? [values[0], values[1], height, values[2]] : values }
    let (input, strides, output) = (image(x.shape, 1), image(x.strides, 0), image(output, 1))
    let taps = input[1] * kernel.height * kernel.width
    memory = Memory(weight, outputs: output[1], inputs: taps, kernelWidth: kernel.width)
    self.bias = bias
    images = output[0]
    outputHeight = output[2]
    imageStride = strides[0]
    geometry = ck_conv(
      weight: memory.weight, bias: nil, channels: input[1], height: input[2], width: input[3],
      channel_stride: strides[1], row_stride: strides[2], column_stride: strides[3], kernel_height: kernel.height,
      kernel_width: kernel.width, row_step: steps.height, column_step: steps.width, pad_top: padding.top,
      pad_left: padding.left, output_channels: output[1], output_width: output[3])
    partsPerRow = max((output[3] + Self.mostColumns - 1) / Self.mostColumns, 1)
    let parts = images * outputHeight * partsPerRow
    let slices = Slices.count(flops: 2 * images * outputHeight * output[1] * output[3] * taps, atMost: max(parts, 1))
    partsPerSlice = (parts + slices - 1) / slices
    memory.reserve(
      buffers: max(1, min(Parallel.threads, slices)), of: ck_conv_scratch(&geometry, min(output[3], Self.mostColumns)))
  }

  /// Computes the output; `epilogue` applies the post-ops to each part of a row as soon as it is computed.
  package func run(
    _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>,
    epilogue: (_ part: UnsafeMutablePointer<Float>, _ count: Int) -> Void
  ) {
    let (width, channels) = (geometry.output_width, geometry.output_channels)
    let parts = images * outputHeight * partsPerRow
    let buffers = memory.scratch
    bias.withUnsafeBufferPointer { bias in
      var geometry = geometry
      geometry.bias = bias.isEmpty ? nil : bias.baseAddress
      withUnsafePointer(to: geometry) { geometry in
        Parallel.forEach((parts + partsPerSlice - 1) / max(partsPerSlice, 1), lanes: buffers.count) { slice, lane in
          for part in slice * partsPerSlice..<min((slice + 1) * partsPerSlice, parts) {
            let (row, at) = part.quotientAndRemainder(dividingBy: partsPerRow)
            let (first, end) = (width * at / partsPerRow, width * (at + 1) / partsPerRow)
            let to = y + (row * width + first) * channels
            ck_conv_part(to, x + row / outputHeight * imageStride, geometry, row % outputHeight, first, end - first, buffers[lane])
            epilogue(to, (end - first) * channels)
          }
        }
      }
    }
  }
}
