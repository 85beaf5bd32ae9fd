// SPDX-License-Identifier: Apache-2.0
// A function of one float over a block of floats.

package enum Unary {
  package static func apply(_ function: UnaryFunction, _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, count: Int) {
    for i in 0..<count { y[i] = max(x[i], 0) }
  }
}
