// SPDX-License-Identifier: Apache-2.0
// Transposed convolution with non-overlapping windows: one matrix product.

import CPrimitives
import Kernels
import Tensors

/// `conv_transpose` with strides equal to the kernel's extents, no padding, no dilation, one group, channels last.
///
/// Each pixel becomes a tile: `[N · H · W, C_in] · [C_in, kh · kw · C_out]`. The rows of the tiles are then moved into place.
struct TiledTranspose {
  private let product: Primitive
  private let memory: [OwnedMemory]
  private let tiles: UnsafeMutablePointer<Float>
  private let y: UnsafeMutablePointer<Float>
  /// Rows and columns of pixels, rows of a tile, and floats per row of a tile.
  private let (rows, width, height, run): (Int, Int, Int, Int)
  var scratchByteCount: Int { product.scratchByteCount }

  /// - Parameters:
  ///   - x: `[N, C_in, H, W]`, y: `[N, C_out, H · kh, W · kw]`, both channels last. - weight: `[C_in, C_out, kh, kw]`.
  init(x: Buffer, weight: Tensor, bias: Buffer?, y: Buffer, post: PrimitivePost) throws {
    let channels = x.shape[1]
    let (outputs, kh, kw) = (weight.shape[1], weight.shape[2], weight.shape[3])
    (rows, width, height, run) = (x.shape[0] * x.shape[2], x.shape[3], kh, kw * outputs)
    let (pixels, columns) = (rows * width, kh * kw * outputs)
    let values = weight.floats()
    let matrix = OwnedMemory(.allocate(capacity: channels * columns))
    for c in 0..<channels {
      for o in 0..<outputs {
        for k in 0..<kh * kw { matrix.pointer[c * columns + k * outputs + o] = values[(c * outputs + o) * kh * kw + k] }
      }
    }
    let wideBias = bias.map { bias in
      let wide = OwnedMemory(.allocate(capacity: columns))
      for k in 0..<kh * kw { (wide.pointer + k * outputs).update(from: bias.floats(), count: outputs) }
      return wide
    }
    let made = OwnedMemory(.allocate(capacity: pixels * columns))
    let handle = post.withAttributes { attributes in
      withUnsafePointers(
        wp_tensor(shape: [pixels, channels]), wp_tensor(packing: [channels, columns]),
        wideBias.map { _ in wp_tensor(shape: [columns]) }, wp_tensor(shape: [pixels, columns])
      ) { wp_matmul($0, $1, $2, $3, attributes) }
    }
    product = try Primitive(
      "conv_transpose", handle,
      inputs: [UnsafeRawPointer(x.pointer), UnsafeRawPointer(matrix.pointer)]
        + (wideBias.map { [UnsafeRawPointer($0.pointer)] } ?? []),
      outputs: [made.pointer], constant: [1])
    memory = [matrix, made] + (wideBias.map { [$0] } ?? [])
    tiles = made.pointer
    self.y = y.floats()
  }

  func run(scratch: UnsafeMutableRawPointer) throws {
    try product.run(scratch: scratch)
    Chunks.forEachRow(of: rows, width: width * height * run) { range in
      for row in range {
        for i in 0..<height {
          let to = y + (row * height + i) * width * run
          let from = tiles + (row * width * height + i) * run
          for column in 0..<width { (to + column * run).update(from: from + column * height * run, count: run) }
        }
      }
    }
  }
}
