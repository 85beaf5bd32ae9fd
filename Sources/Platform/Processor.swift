// SPDX-License-Identifier: Apache-2.0
// The name and architecture of the processor.

/// The processor that this process runs on.
package enum Processor {
  /// The vendor's name for the processor; `unknown processor` if the system does not report one.
  package static var name: String { reportedName ?? "unknown processor" }

  /// The instruction set that this program was compiled for.
  package static var architecture: String {
    #if arch(x86_64)
      "x86_64"
    #elseif arch(arm64)
      "arm64"
    #else
      "other"
    #endif
  }

  private static var reportedName: String? {
    #if os(Linux)
      guard let file = fopen("/proc/cpuinfo", "r") else { return nil }
      defer { fclose(file) }
      var bytes = [CChar](repeating: 0, count: 4096)
      while fgets(&bytes, Int32(bytes.count), file) != nil {
        let line = text(bytes)
        guard line.hasPrefix("model name"), let colon = line.firstIndex(of: ":") else { continue }
        return line[line.index(after: colon)...].split(whereSeparator: \.isWhitespace).joined(separator: " ")
      }
      return nil
    #else
      var size = 0
      guard sysctlbyname("machdep.cpu.brand_string", nil, &size, nil, 0) == 0, size > 0 else { return nil }
      var bytes = [CChar](repeating: 0, count: size)
      sysctlbyname("machdep.cpu.brand_string", &bytes, &size, nil, 0)
      return text(bytes)
    #endif
  }

  private static func text(_ bytes: [CChar]) -> String {
    String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
