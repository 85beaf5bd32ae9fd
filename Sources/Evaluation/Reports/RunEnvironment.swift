// SPDX-License-Identifier: Apache-2.0
// On what something was measured, so that a report can be read a year later.

import Foundation
import Platform

/// Facts about the machine and the program, in the order of telling.
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

  /// This machine, now.
  ///
  /// - Parameters: `program` as it calls itself; `threads` that predictions run on.
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
