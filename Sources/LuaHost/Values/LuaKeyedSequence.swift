// SPDX-License-Identifier: Apache-2.0
// Sequences whose elements also have names, and iterators.
import CLuaShim
import Options
import TextLayout

/// A sequence counted from 1 whose elements can also be accessed by name: `m.inputs[1]`, `m.inputs.image`.
///
/// `#`, `ipairs` and `pairs` operate on the sequence; an unknown name raises an error.
package struct LuaKeyedSequence<Element: LuaReturnable>: LuaReturnable {
  /// The term for an element in messages: `input`.
  package let noun: String
  package let elements: [(name: String, value: Element)]
  /// The result of `tostring`.
  private let text: (DisplayFrame) -> String
  /// Rich representations by media type.
  private let forms: () -> [String: String]

  package init(
    of noun: String, _ elements: [(name: String, value: Element)], text: @escaping (DisplayFrame) -> String,
    forms: @escaping () -> [String: String] = { [:] }
  ) {
    self.noun = noun
    self.elements = elements
    self.text = text
    self.forms = forms
  }

  package static var luaType: LuaType { .keyedSequence(Element.luaType) }

  package func push(to interpreter: Interpreter) throws {
    try interpreter.reserve(16)
    let stack = interpreter.stack
    shim_new_table(stack, Int32(clamping: elements.count), 0)
    shim_new_table(stack, 0, Int32(clamping: elements.count))  // names
    var named: Set<String> = []
    for (offset, element) in elements.enumerated() {
      try element.value.push(to: interpreter)
      shim_push_copy(stack, -1)
      shim_raw_set_index(stack, -4, Int64(offset) + 1)
      // The first element with a name is the one that the name selects.
      if named.insert(element.name).inserted {
        interpreter.push(string: element.name)
        shim_insert(stack, -2)
        _ = shim_raw_set(stack, -3)
      } else {
        interpreter.pop()
      }
    }
    // names, which is strict itself, is the __index, so known names need no call to Swift
    shim_new_table(stack, 0, 1)
    interpreter.pushStrictElement(noun, names: elements.map(\.name))
    shim_raw_set_field(stack, -2, "__index")
    shim_set_metatable(stack, -2)
    shim_new_table(stack, 0, 3)
    shim_insert(stack, -2)
    shim_raw_set_field(stack, -2, "__index")
    let forms = forms
    interpreter.push(
      NativeFunction(interpreter, name: "mimebundle", isMethod: false) { context in
        try forms().pushResults(to: context.interpreter)
      })
    shim_raw_set_field(stack, -2, "__mimebundle")
    let text = text
    interpreter.push(
      NativeFunction(interpreter, name: "tostring", isMethod: false) { context in
        context.interpreter.push(string: text(context.interpreter.frame))
        return 1
      })
    shim_raw_set_field(stack, -2, "__tostring")
    shim_set_metatable(stack, -2)
  }
}

extension Interpreter {
  fileprivate func pushStrictElement(_ noun: String, names: [String]) {
    push(
      NativeFunction(self, name: "index", isMethod: false) { context in
        let key = context.value(2)
        if let position = key.integer, position < 1 { throw LuaError.countsFromOne("\(noun)s", position) }
        guard let name = key.string else {
          shim_push_nil(context.interpreter.stack)
          return 1
        }
        throw LuaError(
          .notFound, "no \(noun) named '\(name)'", hint: Suggestion.hint(for: name, among: names, called: "\(noun)s"))
      })
  }
}

/// An iterator function for `for … in`: each call returns the next values, and nil at the end.
package struct LuaIterator: LuaReturnable {
  package static var luaType: LuaType { .function }
  private let next: () throws -> LuaResults?

  package init(_ next: @escaping () throws -> LuaResults?) { self.next = next }

  package func push(to interpreter: Interpreter) throws {
    let next = next
    interpreter.push(
      NativeFunction(interpreter, name: "iterator", isMethod: false) { context in
        guard let results = try next() else {
          shim_push_nil(context.interpreter.stack)
          return 1
        }
        return try results.pushResults(to: context.interpreter)
      })
  }
}
