// SPDX-License-Identifier: Apache-2.0
// Two-dimensional convolution of so few channels that oneDNN's kernels leave most of their lanes empty.

import CKernels
import Tensors

/// A convolution prepared for images of a few channels, which may lie in any order; the output has channels innermost.
package struct FewChannelConvolution {
  /// With more input channels oneDNN is the faster.
  package static let mostChannels = 4

  private var geometry: ck_conv
  /// The geometry points into it.
  private let weight: Packed
  private let bias: [Float]
  private let images: Int
  private let outputHeight: Int
  private let imageStride: Int

  private final class Packed {
    let pointer: UnsafeMutablePointer<Float>

    init(_ weight: [Float], outputs: Int, inputs: Int) {
      pointer = .allocate(capacity: max(ck_conv_packed_count(outputs, inputs), 1))
      ck_conv_pack(pointer, weight, outputs, inputs)
    }

    deinit { pointer.deallocate() }
  }

  /// - Parameters:
  ///   - x: `[N, C, H, W]` in any order of memory.
  ///   - weight: `[outputs, C, kernelHeight, kernelWidth]`, row-major.
  ///   - bias: of all outputs, or none.
  ///   - output: `[N, outputs, H, W]`.
  package init(
    x: Buffer, weight: [Float], kernel: (height: Int, width: Int), bias: [Float], steps: (height: Int, width: Int),
    padding: (top: Int, left: Int), output: Shape
  ) {
    let packed = Packed(weight, outputs: output[1], inputs: x.shape[1] * kernel.height * kernel.width)
    self.weight = packed
    self.bias = bias
    images = output[0]
    outputHeight = output[2]
    let strides = x.strides
    imageStride = strides[0]
    geometry = ck_conv(
      weight: packed.pointer, bias: nil, channels: x.shape[1], height: x.shape[2], width: x.shape[3],
      channel_stride: strides[1], row_stride: strides[2], column_stride: strides[3], kernel_height: kernel.height,
      kernel_width: kernel.width, row_step: steps.height, column_step: steps.width, pad_top: padding.top,
      pad_left: padding.left, output_channels: output[1], output_width: output[3])
  }

  /// Computes all rows; `touch` is called with each row just computed.
  package func run(
    _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>,
    touch: (_ row: UnsafeMutablePointer<Float>, _ count: Int) -> Void
  ) {
    let width = geometry.output_width * geometry.output_channels
    let work = width * geometry.channels * geometry.kernel_height * geometry.kernel_width
    bias.withUnsafeBufferPointer { bias in
      var geometry = geometry
      geometry.bias = bias.isEmpty ? nil : bias.baseAddress
      withUnsafePointer(to: geometry) { geometry in
        ParallelFor.run(images * outputHeight, grain: max(1, Self.grain / max(work, 1))) { rows in
          withUnsafeTemporaryAllocation(of: Float.self, capacity: ck_conv_room(geometry)) { room in
            for row in rows {
              let image = x + row / outputHeight * imageStride
              ck_conv_row(y + row * width, image, geometry, row % outputHeight, room.baseAddress)
              touch(y + row * width, width)
            }
          }
        }
      }
    }
    withExtendedLifetime(weight) {}
  }

  /// Multiplications that are worth a thread of their own.
  private static let grain = 1 << 18
}
