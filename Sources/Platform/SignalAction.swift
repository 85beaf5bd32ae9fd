// SPDX-License-Identifier: Apache-2.0
// The field of `sigaction` that holds a handler, which every C library names differently.

extension sigaction {
  /// What `sigaction(2)` installs so that `handler` is called, with all flags clear and no signal blocked.
  package init(calling handler: @escaping @convention(c) (Int32) -> Void) {
    self.init()
    #if canImport(Glibc)
      __sigaction_handler.sa_handler = handler
    #elseif canImport(Musl)
      __sa_handler.sa_handler = handler
    #else
      __sigaction_u.__sa_handler = handler
    #endif
  }
}
