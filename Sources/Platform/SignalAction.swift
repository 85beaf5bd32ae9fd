// SPDX-License-Identifier: Apache-2.0
// A portable initializer for `sigaction`, whose handler field has a different name in every C library.

extension sigaction {
  /// Creates an action for `sigaction(2)` that calls `handler`, with no flags set and no signals blocked.
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
