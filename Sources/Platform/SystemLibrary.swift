// SPDX-License-Identifier: Apache-2.0
// Re-exports the C library of the system: `import Platform` stands for `import Glibc`, `Musl` or `Darwin`.

#if canImport(Glibc)
  @_exported import Glibc
#elseif canImport(Musl)
  @_exported import Musl
#elseif canImport(Darwin)
  @_exported import Darwin
#else
  #error("Wane supports the C libraries of Linux (glibc, musl) and macOS")
#endif
