// SPDX-License-Identifier: Apache-2.0
// Transposed convolution whose windows do not overlap: one matrix product for each row of the kernel.

import CPrimitives
import Kernels
import Tensors

/// `conv_transpose` with strides equal to the kernel's extents, no padding, no dilation, one group, channels last.
///
/// Kernel row i of all input rows gives every s-th output row, `width · kernel width` pixels of `C_out` without gaps:
/// `[H, W, C_in] · [C_in, kw · C_out]`.
struct TiledTranspose {
  private let products: [Primitive]
  private let memory: [OwnedMemory]
  let scratchByteCount: Int

  /// - Parameters:
  ///   - x: `[N, C_in, H, W]`, y: `[N, C_out, H · kh, W · kw]`, both channels last. - weight: `[C_in, C_out, kh, kw]`.
  init(x: Buffer, weight: Tensor, bias: Buffer?, y: Buffer, post: PrimitivePost) throws {
    let (batch, channels, height, width) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
    let (outputs, kh, kw) = (weight.shape[1], weight.shape[2], weight.shape[3])
    let row = width * kw * outputs
    let values = weight.floats()
    var memory: [OwnedMemory] = []
    var bytes = 0
    let wideBias = bias.map { bias in
      let wide = OwnedMemory(.allocate(capacity: kw * outputs))
      for j in 0..<kw { (wide.pointer + j * outputs).update(from: bias.floats(), count: outputs) }
      memory.append(wide)
      return wide
    }
    products = try (0..<kh).map { i in
      let matrix = OwnedMemory(.allocate(capacity: channels * kw * outputs))
      for c in 0..<channels {
        for j in 0..<kw {
          for o in 0..<outputs {
            matrix.pointer[(c * kw + j) * outputs + o] = values[((c * outputs + o) * kh + i) * kw + j]
          }
        }
      }
      memory.append(matrix)
      let handle = post.withAttributes { attributes in
        withUnsafePointers(
          wp_tensor(shape: [batch * height, width, channels]), wp_tensor(packing: [1, channels, kw * outputs]),
          wideBias.map { _ in wp_tensor(shape: [kw * outputs]) },
          wp_tensor(shape: [batch * height, width, kw * outputs], strides: [kh * row, kw * outputs, 1])
        ) { wp_matmul($0, $1, $2, $3, attributes) }
      }
      let product = try Primitive(
        "conv_transpose", handle,
        inputs: [UnsafeRawPointer(x.pointer), UnsafeRawPointer(matrix.pointer)]
          + (wideBias.map { [UnsafeRawPointer($0.pointer)] } ?? []),
        outputs: [y.pointer + i * row * MemoryLayout<Float>.stride], constant: [1])
      bytes = max(bytes, product.scratchByteCount)
      return product
    }
    self.memory = memory
    scratchByteCount = bytes
  }

  func run(scratch: UnsafeMutableRawPointer) throws {
    for product in products { try product.run(scratch: scratch) }
  }
}
