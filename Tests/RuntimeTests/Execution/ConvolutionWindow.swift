// SPDX-License-Identifier: Apache-2.0
// The geometry of a convolution, and its products by the definition.

import Tensors
import Testing

/// A convolution over two spatial axes.
struct ConvolutionWindow: CustomTestStringConvertible, Sendable {
  var x: Shape
  var outputs: Int
  var kernel = [3, 3]
  var strides = [1, 1]
  var pad = [1, 1, 1, 1]
  var dilations = [1, 1]
  var groups = 1

  var testDescription: String { "\(x) → \(outputs), \(kernel), strides \(strides), pad \(pad), dilations \(dilations), groups \(groups)" }

  var weight: Shape { [outputs, x[1] / groups] + kernel }

  var output: Shape {
    [x[0], outputs]
      + (0..<2).map { axis -> Int in
        let reach = dilations[axis] * (kernel[axis] - 1) + 1
        return (x[axis + 2] + pad[2 * axis] + pad[2 * axis + 1] - reach) / strides[axis] + 1
      }
  }

  /// The window's parameters of a MIL operation.
  var text: String {
    "strides = \(strides), pad_type = \"custom\", pad = \(pad), dilations = \(dilations), groups = \(groups)"
  }

  /// Calls `body` with the indices of x, weight and output of each product.
  func forEachProduct(_ body: (_ x: Int, _ weight: Int, _ y: Int) -> Void) {
    let (channels, height, width) = (x[1], x[2], x[3])
    let (own, perGroup) = (channels / groups, outputs / groups)
    let (rows, columns) = (output[2], output[3])
    for n in 0..<x[0] {
      for o in 0..<outputs {
        for row in 0..<rows {
          for column in 0..<columns {
            for i in 0..<kernel[0] {
              let r = row * strides[0] - pad[0] + i * dilations[0]
              guard (0..<height).contains(r) else { continue }
              for j in 0..<kernel[1] {
                let s = column * strides[1] - pad[2] + j * dilations[1]
                guard (0..<width).contains(s) else { continue }
                for c in 0..<own {
                  body(
                    ((n * channels + o / perGroup * own + c) * height + r) * width + s,
                    ((o * own + c) * kernel[0] + i) * kernel[1] + j, ((n * outputs + o) * rows + row) * columns + column)
                }
              }
            }
          }
        }
      }
    }
  }
}
