// SPDX-License-Identifier: Apache-2.0
// On what something was measured, so that a report can be read a year later.

import Foundation

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
      Fact("processor", "\(processor) (\(architecture)), \(machine.activeProcessorCount) cores"), Fact("threads", "\(threads)"),
    ])
  }

  private static var processor: String {
    #if os(Linux)
      let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
      let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
      let name = line?.split(separator: ":", maxSplits: 1).last.map { $0.trimmingCharacters(in: .whitespaces) }
      return name ?? "unknown processor"
    #else
      var size = 0
      guard sysctlbyname("machdep.cpu.brand_string", nil, &size, nil, 0) == 0, size > 0 else { return "unknown processor" }
      var bytes = [CChar](repeating: 0, count: size)
      sysctlbyname("machdep.cpu.brand_string", &bytes, &size, nil, 0)
      return String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    #endif
  }

  private static var architecture: String {
    #if arch(x86_64)
      "x86_64"
    #elseif arch(arm64)
      "arm64"
    #else
      "other"
    #endif
  }
}
