// SPDX-License-Identifier: Apache-2.0
// The callbacks of compression in scripts: Lua patterns, a progress bar, interrupts, and warnings on standard error.

import Compression
import Evaluation
import Foundation
import LuaHost
import Workflows

extension CompressionClient {
  init(_ interpreter: Interpreter) {
    self.init(
      compilePattern: LuaPatterns.compiler(interpreter), techniques: interpreter.techniques, isCancelled: { Interrupts.isPending },
      beginning: { step in
        let bar = Progress(step, unit: "weights")
        return { progress in
          guard let progress else { return bar.finish() }
          bar.update(progress.done, of: progress.total)
        }
      },
      warn: { step, rule in FileHandle.standardError.write(Data("warning: \(step): \(rule)\n".utf8)) },
      remark: { [weak interpreter] in interpreter?.remark($0) })
    squaredGradients = { model, data, progress in
      try SquaredGradientRun(model, data, isCancelled: { Interrupts.isPending }).sums(progress: progress)
    }
  }
}
