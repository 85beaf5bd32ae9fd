// SPDX-License-Identifier: Apache-2.0
// The memory use of this process and advice on large allocations.

/// The resident memory of this process.
package enum ResidentMemory {
  /// The number of resident bytes, including pages of mapped files; `nil` if the system does not report it.
  package static var bytes: Int? {
    #if os(Linux)
      guard let file = fopen("/proc/self/statm", "r") else { return nil }
      defer { fclose(file) }
      var line = [CChar](repeating: 0, count: 256)
      guard fgets(&line, Int32(line.count), file) != nil else { return nil }
      let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      let fields = text.split(separator: " ")
      return fields.count > 1 ? Int(fields[1]).map { $0 * sysconf(Int32(_SC_PAGESIZE)) } : nil
    #else
      var info = mach_task_basic_info()
      var count = mach_msg_type_number_t(MemoryLayout<mach_task_basic_info>.size / MemoryLayout<natural_t>.size)
      let status = withUnsafeMutablePointer(to: &info) {
        $0.withMemoryRebound(to: integer_t.self, capacity: Int(count)) {
          task_info(mach_task_self_, task_flavor_t(MACH_TASK_BASIC_INFO), $0, &count)
        }
      }
      return status == KERN_SUCCESS ? Int(info.resident_size) : nil
    #endif
  }
}

/// Asks the system to back this memory with huge pages if it supports them. This is only a hint.
package func adviseHugePages(_ base: UnsafeMutableRawPointer, _ byteCount: Int) {
  #if os(Linux)
    madvise(base, byteCount, MADV_HUGEPAGE)
  #endif
}

/// Bytes of memory of the machine.
package let physicalMemory = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
