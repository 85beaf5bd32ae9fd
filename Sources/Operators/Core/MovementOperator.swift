// SPDX-License-Identifier: Apache-2.0
// Operators that move, select or describe data without arithmetic.

import MIL
import Tensors

/// An operator that performs no arithmetic.
protocol MovementOperator: Operator {}

extension MovementOperator {
  static func flops(_ call: Call, outputs: [Shape]) -> Int { 0 }
}
