// SPDX-License-Identifier: Apache-2.0
// What a script's function is told of a weight besides its values.

import Calibration
import Compression
import LuaHost
import Tensors
import WeightStorage

/// The context of a weight, as techniques, `where` and `lut_function` receive it.
struct WeightContextRecord: LuaRecord {
  let context: WeightContext

  static let luaName = "WeightContext"
  static let luaDoc = "Where a weight stands, for a technique of one's own, where and lut_function."
  static let luaFields: [LuaField<WeightContextRecord>] = [
    LuaField("name", "the weight's name") { $0.context.name },
    LuaField("weight", "the Weight") { $0.context.entry.map { WeightObject($0) } },
    LuaField("target", "the system that the model is for, such as iOS18: what it holds can be returned") { "\($0.context.opset)" },
    LuaField("axis", "the axis of output channels, from 0; nil if the operators that read the weight disagree") { $0.context.outputAxis },
    LuaField("input_axis", "the axis of input channels, from 0; nil if the operators disagree") { $0.context.inputAxis },
    LuaField("groups", "groups of channels of the convolution that reads it; 1 for other operators") {
      $0.context.consumers.first?.groups ?? 1
    },
    LuaField("is_dry_run", "whether only sizes are wanted, so that values may be made up") { $0.context.isDryRun },
    LuaField("statistics", "Tensors of the weight's input by name, such as second_moments; nil without a calibration") {
      $0.context.statistics.map { $0.tensors.mapValues { TensorObject($0) } }
    },
  ]
}
