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
  private let memory: Memory
  private let bias: [Float]
  private let images: Int
  private let outputHeight: Int
  private let imageStride: Int

  /// Packed weights, and a room for the input rows of each part, so that running allocates nothing.
  private final class Memory {
    let weight: UnsafeMutablePointer<Float>
    private(set) var rooms: [UnsafeMutablePointer<Float>] = []

    init(_ weights: [Float], outputs: Int, inputs: Int) {
      weight = .allocate(capacity: max(ck_conv_packed_count(outputs, inputs), 1))
      ck_conv_pack(weight, weights, outputs, inputs)
    }

    func reserve(rooms count: Int, of floats: Int) {
      rooms = (0..<count).map { _ in .allocate(capacity: max(floats, 1)) }
    }

    deinit {
      weight.deallocate()
      for room in rooms { room.deallocate() }
    }
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
    let taps = x.shape[1] * kernel.height * kernel.width
    memory = Memory(weight, outputs: output[1], inputs: taps)
    self.bias = bias
    images = output[0]
    outputHeight = output[2]
    let strides = x.strides
    imageStride = strides[0]
    geometry = ck_conv(
      weight: memory.weight, bias: nil, channels: x.shape[1], height: x.shape[2], width: x.shape[3],
      channel_stride: strides[1], row_stride: strides[2], column_stride: strides[3], kernel_height: kernel.height,
      kernel_width: kernel.width, row_step: steps.height, column_step: steps.width, pad_top: padding.top,
      pad_left: padding.left, output_channels: output[1], output_width: output[3])
    let rows = images * outputHeight
    let worthwhile = max(rows * output[1] * output[3] * taps / Self.grain, 1)
    memory.reserve(rooms: min(ThreadTeam.count, worthwhile, max(rows, 1)), of: ck_conv_room(&geometry))
  }

  /// Computes all rows; `touch` is called with each row just computed.
  package func run(
    _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>,
    touch: (_ row: UnsafeMutablePointer<Float>, _ count: Int) -> Void
  ) {
    let width = geometry.output_width * geometry.output_channels
    let rows = images * outputHeight
    let rooms = memory.rooms
    bias.withUnsafeBufferPointer { bias in
      var geometry = geometry
      geometry.bias = bias.isEmpty ? nil : bias.baseAddress
      withUnsafePointer(to: geometry) { geometry in
        ParallelFor.run(rooms.count, grain: 1) { parts in
          for part in parts {
            for row in rows * part / rooms.count..<rows * (part + 1) / rooms.count {
              let image = x + row / outputHeight * imageStride
              ck_conv_row(y + row * width, image, geometry, row % outputHeight, rooms[part])
              touch(y + row * width, width)
            }
          }
        }
      }
    }
  }

  /// Multiplications that are worth a thread of their own.
  private static let grain = 1 << 18
}
