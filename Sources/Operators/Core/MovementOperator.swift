// SPDX-License-Identifier: Apache-2.0
// Operators that only move, select or describe data.

import MIL
import Tensors

/// An operator without arithmetic.
protocol MovementOperator: Operator {}

extension MovementOperator {
  static func flops(_ call: Call, outputs: [Shape]) -> Int { 0 }
}
