// SPDX-License-Identifier: Apache-2.0
// System calls under names that do not clash with the methods of a type, and a `write` loop.

/// `read(2)`, for types that have their own `read` method.
package func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
  read(descriptor, buffer, count)
}

/// `close(2)`, for types that have their own `close` method.
@discardableResult
package func systemClose(_ descriptor: Int32) -> Int32 { close(descriptor) }

/// Writes all of `text`, and waits if the descriptor is not ready.
///
/// - Returns: `false` if writing failed; `errno` has the reason.
@discardableResult
package func writeAll(_ text: String, to descriptor: Int32) -> Bool {
  var text = text
  return text.withUTF8 { bytes in
    var rest = UnsafeRawBufferPointer(bytes)[...]
    while !rest.isEmpty {
      let count = write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
      if count >= 0 {
        rest = rest.dropFirst(count)
      } else if errno == EAGAIN {
        var poller = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&poller, 1, -1)
      } else if errno != EINTR {
        return false
      }
    }
    return true
  }
}
