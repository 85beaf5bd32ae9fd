// SPDX-License-Identifier: Apache-2.0
// Convolutions of PyTorch.

import MIL
import ONNXFiles
import Operators
import Tensors
import TorchFiles

enum ATenConvolution {
  static let rules: [ATenRule] = [
    .one("conv1d", "conv2d", "conv3d") { c in try c.convolution(isTransposed: false) },
    .one("convolution", "_convolution") { c in try c.convolution(isTransposed: c.flag("transposed")) },
    .one("conv_transpose1d", "conv_transpose2d", "conv_transpose3d") { c in try c.convolution(isTransposed: true) },
    .one("torchvision.deform_conv2d") { c in
      let weight = try c.x("weight").weight()
      var operands: [Value?] = [try c.x("input"), weight, try c.x("offset"), try c.optional("bias")]
      if try c.flag("use_mask") { operands.append(try c.x("mask")) }
      let (strides, pads) = ([try c.int("stride_h", 1), try c.int("stride_w", 1)], [try c.int("pad_h", 0), try c.int("pad_w", 0)])
      let dilations = [try c.int("dilation_h", 1), try c.int("dilation_w", 1)]
      return try c.standard1(
        "DeformConv", operands,
        [
          "strides": .ints(strides), "pads": .ints(pads + pads), "dilations": .ints(dilations), "group": .int(c.int("groups", 1)),
          "offset_group": .int(c.int("offset_groups", 1)), "kernel_shape": .ints(Array(weight.shape().dropFirst(2))),
        ])
    },
  ]
}

extension ATenCall {
  fileprivate func convolution(isTransposed: Bool) throws -> Value {
    let weight = try x("weight").weight()
    let count = weight.rank - 2
    guard (1...3).contains(count) else { throw Refusal("a convolution over \(count) axes, expected 1 to 3") }
    var input = try float("input")
    let isSingle = input.rank == count + 1
    if isSingle { input = try b.expandDims(input, [0]) }
    let strides = try ints("stride", count: count, 1)
    let dilations = try ints("dilation", count: count, 1)
    var attributes: [String: ONNXAttribute] = [
      "strides": .ints(strides), "dilations": .ints(dilations), "group": .int(try int("groups", 1)),
    ]
    let padding = argument("padding")
    if case .string(let mode) = padding {
      guard mode == "same" || mode == "valid" else { throw Refusal("padding = \(mode)") }
      if mode == "same" {
        let totals = try zip(weight.shape().dropFirst(2), dilations).map { ($0 - 1) * $1 }
        attributes["pads"] = .ints(totals.map { $0 / 2 } + totals.map { $0 - $0 / 2 })
      }
    } else {
      let pads = try ints("padding", count: count, 0)
      attributes["pads"] = .ints(pads + pads)
    }
    if isTransposed { attributes["output_padding"] = .ints(try ints("output_padding", count: count, 0)) }
    let result = try standard1(isTransposed ? "ConvTranspose" : "Conv", [input, weight, optional("bias")], attributes)
    return isSingle ? try b.squeeze(result, [0]) : result
  }
}
