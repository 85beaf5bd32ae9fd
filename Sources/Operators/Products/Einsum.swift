// SPDX-License-Identifier: Apache-2.0
// MIL's einsum: its two equations are matrix products over axes that are not adjacent.

import CPrimitives
import Kernels
import MIL
import Tensors

/// Products of matrices on axes -1 and -3, the other axes side by side: `[*B, C, H, W1] · [*B, W1, H, W2] = [*B, C, H, W2]`,
/// B (at most one axis) and H broadcast.
enum Einsum: Operator {
  static let signature = Signature(
    "einsum", [Parameter("values", .float.tied("T"), variadic: true), Parameter("equation", .string)])
  static let weights = WeightTraits(parameters: [WeightParameter("values")])
  static let foreignNames = ForeignNames(onnx: ["Einsum"])
  static var layout: LayoutPolicy { .strided }

  static func infer(_ call: Call) throws -> [ValueType] {
    let values = try call.tensors("values")
    let equation = try call.known(call.string("equation"), "equation")
    let rank = try rank(equation, call)
    guard values.count == 2, values[0].rank == rank, values[1].rank == rank else {
      throw call.error("\(equation) takes two tensors of rank \(rank), found \(values)")
    }
    let (x, y) = (values[0].dimensions, values[1].dimensions)
    guard x[rank - 1].agrees(with: y[rank - 3]) else {
      throw call.error("inner extents differ: \(x[rank - 1]) of \(values[0]), \(y[rank - 3]) of \(values[1])")
    }
    let batch = try call.broadcast(Array(x.dropLast(3)), Array(y.dropLast(3)))
    let side = try call.broadcast([x[rank - 2]], [y[rank - 2]])
    return [try call.result(values[0].dtype, batch + [x[rank - 3]] + side + [y[rank - 1]])]
  }

  /// 3 for `chw,whr->chr`, 4 for `nchw,nwhr->nchr`, in whatever letters.
  private static func rank(_ equation: String, _ call: Call) throws -> Int {
    var numbers: [Character: Int] = [:]
    let pattern = equation.map { letter -> String in
      guard letter.isLetter else { return String(letter) }
      let number = numbers[letter] ?? numbers.count
      numbers[letter] = number
      return String(number)
    }.joined()
    switch pattern {
    case "012,213->013": return 3
    case "0123,0324->0124": return 4
    default: throw call.error("equation must be \"nchw,nwhu->nchu\" or \"chw,whr->chr\" in any letters, found \"\(equation)\"")
    }
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    guard let values = request.inputs["values"], values.count == 2 else { throw request.call.missing("values") }
    let out = request.output
    guard values.allSatisfy({ $0.count > 0 }) else {
      return Kernel("empty") { out.floats().update(repeating: 0, count: out.count) }
    }
    // H joins the batch axes: [*B, H, rows, columns].
    func matrices(_ buffer: Buffer) -> wp_tensor {
      let rank = buffer.shape.count
      let order = Array(0..<rank - 3) + [rank - 2, rank - 3, rank - 1]
      return wp_tensor(shape: buffer.shape.permuted(by: order), strides: buffer.strides.permuted(by: order))
    }
    let handle = withUnsafePointers(matrices(values[0]), matrices(values[1]), nil, matrices(out)) { a, b, _, c in
      wp_matmul(a, b, nil, c, nil)
    }
    let primitive = try Primitive(
      "einsum", handle, inputs: values.map { UnsafeRawPointer($0.pointer) }, outputs: [out.pointer])
    return primitive.kernel(request, names: [])
  }
}
