// SPDX-License-Identifier: Apache-2.0
// Swift objects held by Lua as userdata.
import CLuaShim
import Options

/// A final Swift class whose objects scripts can hold.
///
/// The same object is always the same Lua value. Lua owns one reference until the value is collected
/// or closed; `deinit` then runs on the interpreter's thread, possibly in the middle of any push, so
/// never push while holding a lock that a `deinit` takes.
package protocol LuaBoxed: AnyObject, LuaConvertible {
  static var luaClass: LuaClass { get }
  /// The name of the class in scripts; by default the name of the Swift type.
  ///
  /// It is separate from `luaClass`, since the declaration of a class may refer to the class itself.
  static var luaName: String { get }
  /// The number of bytes that only this object keeps alive outside Lua's heap. The garbage collector runs when these
  /// add up.
  var luaExternalBytes: Int { get }
}

extension LuaBoxed {
  package var luaExternalBytes: Int { 0 }

  package static var luaName: String { "\(Self.self)" }

  package static var luaType: LuaType { .object(luaName) }

  package static func read(
    _ interpreter: Interpreter, at index: Int32
  ) throws(LuaMismatch) -> Self {
    var pointer: UnsafeMutableRawPointer?
    let id = shim_box(interpreter.stack, index, &pointer)
    guard id >= 0, id == interpreter.classes.id(of: Self.self) else {
      throw mismatch(interpreter, at: index)
    }
    guard let pointer else { throw LuaMismatch("\(luaName.lowercased()) is closed") }
    let object = Unmanaged<AnyObject>.fromOpaque(pointer).takeUnretainedValue()
    return unsafeDowncast(object, to: Self.self)  // guaranteed by the class id
  }

  package func push(to interpreter: Interpreter) throws {
    try interpreter.push(box: self)
  }
}

extension Interpreter {
  func push(box object: some LuaBoxed) throws {
    try reserve(16)
    let pointer = Unmanaged.passUnretained(object).toOpaque()
    if shim_push_known_box(stack, pointer) { return }
    let metatable = try classEntry(for: type(of: object)).metatable
    let owned = Unmanaged<AnyObject>.passRetained(object).toOpaque()
    shim_push_box(stack, metatable, owned, releaseObject, max(0, object.luaExternalBytes))
  }

  /// The open boxed object at `index`, of any class.
  func boxedObject(at index: Int32) -> (any LuaBoxed)? {
    var pointer: UnsafeMutableRawPointer?
    guard shim_box(stack, index, &pointer) >= 0, let pointer else { return nil }
    return Unmanaged<AnyObject>.fromOpaque(pointer).takeUnretainedValue() as? any LuaBoxed
  }

  /// Closes the box at `index` if it is of class `name`. Closing it again has no effect.
  func closeBox(at index: Int32, of name: String) -> Bool {
    guard boxClass(at: index) == name else { return false }
    _ = shim_close_box(stack, index)
    return true
  }

  /// The name of the class of the box at `index`, open or closed.
  func boxClass(at index: Int32) -> String? {
    var pointer: UnsafeMutableRawPointer?
    let id = shim_box(stack, index, &pointer)
    return id >= 0 ? classes.entries[Int(id)].name : nil
  }

  func classEntry(for type: any LuaBoxed.Type) throws -> ClassTable.Entry {
    if let id = classes.id(of: type) { return classes.entries[Int(id)] }
    return try register(class: type)
  }
}

extension LuaValue {
  /// The boxed Swift object, regardless of its class.
  package var box: (any LuaBoxed)? {
    if case .object(let object) = self { object as? any LuaBoxed } else { nil }
  }

  /// The boxed Swift object, if it is of this class.
  package func object<T: LuaBoxed>(_ type: T.Type) -> T? {
    if case .object(let object) = self { object as? T } else { nil }
  }
}
