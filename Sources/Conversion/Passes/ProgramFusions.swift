// SPDX-License-Identifier: Apache-2.0
// The passes of conversion that also make other programs faster.

import MIL
import Operators
import ProgramEdits

/// Fusions for any program: operators that Core ML runs better than what they stand for.
package enum ProgramFusions {
  /// All fusions, in the order in which they run.
  package static let all: [ProgramPass] = [
    pass("fold_batch_norm") { FoldedBatchNorm.run(&$0) },
    pass("combine_transposes") { try CombinedTransposes.run(&$0) },
    pass("linear_bias") { LinearBias.run(&$0) },
    pass("fuse_gelu") { FusedGelu.run(&$0) },
    pass("fuse_rsqrt") { FusedReciprocalRoot.run(&$0) },
    pass("fuse_layer_norm") { FusedLayerNorm.run(&$0) },
    pass("fuse_silu") { FusedSilu.run(&$0) },
    pass("interleave_concat") { InterleavedConcat.run(&$0) },
    pass("drop_broadcast_tiles") { BroadcastTiles.run(&$0) },
    pass("merge_reshapes") { MergedReshapes.run(&$0) },
    pass("fuse_attention") { function in
      guard let opset = Opset(name: function.opset), opset >= .iOS18 else { return false }
      return FusedAttention.run(&function)
    },
  ]

  private static func pass(_ name: String, _ run: @escaping @Sendable (inout Function) throws -> Bool) -> ProgramPass {
    ProgramPass(name: name) { function in
      var changed = function
      guard try run(&changed) else { return function }
      changed.block = changed.block.removingDeadCode()
      return changed
    }
  }
}
