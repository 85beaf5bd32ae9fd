// SPDX-License-Identifier: Apache-2.0
// Copies between two buffers of one shape whose axes lie in different orders.

import Tensors

package struct StridedCopy {
  let from: Buffer
  let to: Buffer
  package init(from: Buffer, to: Buffer) { self.from = from; self.to = to }
  package func run() {
    let size = from.dtype.bits / 8
    if Layout.same(from.order, to.order, from.shape) {
      to.pointer.copyMemory(from: from.pointer, byteCount: from.byteCount)
      return
    }
    let a = from.strides, b = to.strides, shape = from.shape
    var index = [Int](repeating: 0, count: shape.count)
    for _ in 0..<from.count {
      var x = 0, y = 0
      for i in shape.indices { x += index[i] * a[i]; y += index[i] * b[i] }
      (to.pointer + y * size).copyMemory(from: from.pointer + x * size, byteCount: size)
      for i in shape.indices.reversed() { index[i] += 1; if index[i] < shape[i] { break }; index[i] = 0 }
    }
  }
}
