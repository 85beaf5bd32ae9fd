// SPDX-License-Identifier: Apache-2.0
// The environment of a measurement, so that reports can be interpreted later.

import Foundation
import Platform

/// Facts about the machine and the program, in display order.
package struct RunEnvironment: Sendable, Equatable {
  package struct Fact: Sendable, Equatable {
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  package let facts: [Fact]

  package init(_ facts: [Fact]) { self.facts = facts }

  /// The current environment.
  ///
  /// - Parameters:
  ///   - program: the name and version of the program.
  ///   - threads: the number of threads for predictions.
  package static func current(program: String, threads: Int) -> RunEnvironment {
    let machine = ProcessInfo.processInfo
    let date = ISO8601DateFormatter().string(from: Date())
    return RunEnvironment([
      Fact("measured", date), Fact("program", program), Fact("system", machine.operatingSystemVersionString),
      Fact("processor", "\(Processor.name) (\(Processor.architecture)), \(machine.activeProcessorCount) cores"),
      Fact("threads", "\(threads)"),
    ])
  }
}
