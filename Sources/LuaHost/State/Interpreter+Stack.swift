// SPDX-License-Identifier: Apache-2.0
// Access to the interpreter's stack for the conversions.
import CLuaShim

extension Interpreter {
  var top: Int32 { shim_top(stack) }

  func pop(_ count: Int32 = 1) { shim_pop(stack, count) }

  /// Ensures stack space for `count` more values.
  func reserve(_ count: Int) throws(LuaMismatch) {
    guard count < Int32.max, shim_reserve(stack, Int32(count)) else {
      throw LuaMismatch("Lua stack overflow")
    }
  }

  func absolute(_ index: Int32) -> Int32 { shim_absolute(stack, index) }

  /// Lua's type code, such as `SHIM_NIL`.
  func kind(at index: Int32) -> Int { Int(shim_type(stack, index)) }

  /// Whether the value at `index` is nil or absent.
  func isNil(at index: Int32) -> Bool { kind(at: index) <= SHIM_NIL }

  /// The name of the value's class or basic type; `no value` above the top.
  func typeName(at index: Int32) -> String {
    if kind(at: index) == SHIM_NONE { return "no value" }
    var object: UnsafeMutableRawPointer?
    if shim_box(stack, index, &object) >= 0, object == nil {
      return "closed \(String(cString: shim_type_name(stack, index)))"
    }
    return String(cString: shim_type_name(stack, index))
  }

  func push(_ reference: LuaReference) { shim_push_ref(stack, reference.handle) }

  func push(bytes: some Collection<UInt8>) {
    let pushed: Void? = bytes.withContiguousStorageIfAvailable { push(buffer: $0) }
    if pushed == nil { Array(bytes).withUnsafeBufferPointer { push(buffer: $0) } }
  }

  func push(string: String) {
    var string = string
    string.withUTF8 { push(buffer: $0) }
  }

  private func push(buffer: UnsafeBufferPointer<UInt8>) {
    buffer.withMemoryRebound(to: CChar.self) { shim_push_bytes(stack, $0.baseAddress, $0.count) }
  }

  /// The bytes of the string at `index`, valid while it stays on the stack; nil for other values.
  func bytes(at index: Int32) -> UnsafeBufferPointer<UInt8>? {
    var count = 0
    guard let start = shim_to_bytes(stack, index, &count) else { return nil }
    return UnsafeBufferPointer(
      start: UnsafeRawPointer(start).assumingMemoryBound(to: UInt8.self), count: count)
  }

  /// The string at `index`, if it is a string and valid UTF-8.
  func string(at index: Int32) -> String? {
    bytes(at: index).flatMap { String(validating: $0, as: UTF8.self) }
  }

  /// Iterates over the table at `index` without metamethods. `body` finds the key at -2 and the value at -1 and must
  /// not change the stack level.
  func forEachRaw(
    at index: Int32, _ body: () throws(LuaMismatch) -> Void
  ) throws(LuaMismatch) {
    try reserve(8)
    let table = absolute(index)
    shim_push_nil(stack)
    while shim_raw_next(stack, table) {
      do { try body() } catch {
        pop(2)
        throw error
      }
      pop()
    }
  }
}
