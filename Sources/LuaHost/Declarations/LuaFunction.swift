// SPDX-License-Identifier: Apache-2.0
// Declarations of bound functions and methods.

import Options

/// A function that Lua can call, with its documentation.
package struct LuaFunction: Sendable {
  package let name: String
  package let doc: String
  /// The arguments, excluding the receiver.
  package let arguments: [LuaArgument]
  package let returns: String
  package let resultType: LuaType
  /// One or more lines of Lua.
  package let example: String?
  /// The class, if the function is a method.
  package let receiver: String?
  let body: @Sendable (LuaContext) throws -> Int

  /// A function with typed arguments, whose Swift types are those of the closure. Arguments of optional Swift types
  /// are optional in Lua.
  ///
  /// - Parameter type: the type of the result, if it is more specific than that of the closure.
  package init<each A, R: LuaReturnable>(
    _ name: String, _ doc: String, _ arguments: repeat Arg<each A>, returns: String,
    type: LuaType? = nil, example: String? = nil,
    body: @escaping @Sendable (repeat each A) throws -> R
  ) {
    let described = describe(repeat each arguments)
    self.init(name, doc, described, returns, type ?? R.luaType, example, receiver: nil) {
      context in
      var reader = ArgumentReader(context)
      try reader.checkCount(described)
      let result = try body(repeat (each arguments).take(&reader))
      return try result.pushResults(to: context.interpreter)
    }
  }

  /// A function with typed arguments and no result.
  package init<each A>(
    _ name: String, _ doc: String, _ arguments: repeat Arg<each A>,
    example: String? = nil, body: @escaping @Sendable (repeat each A) throws -> Void
  ) {
    let described = describe(repeat each arguments)
    self.init(name, doc, described, "", .nil, example, receiver: nil) { context in
      var reader = ArgumentReader(context)
      try reader.checkCount(described)
      try body(repeat (each arguments).take(&reader))
      return 0
    }
  }

  /// A function that reads its arguments itself.
  package init(
    _ name: String, _ doc: String, arguments: [LuaArgument], returns: String = "",
    resultType: LuaType = .any, example: String? = nil,
    dynamic: @escaping @Sendable (LuaContext) throws -> LuaResults
  ) {
    self.init(name, doc, arguments, returns, resultType, example, receiver: nil) { context in
      try dynamic(context).pushResults(to: context.interpreter)
    }
  }

  init(
    _ name: String, _ doc: String, _ arguments: [LuaArgument], _ returns: String,
    _ resultType: LuaType, _ example: String?, receiver: String?,
    body: @escaping @Sendable (LuaContext) throws -> Int
  ) {
    self.name = name
    self.doc = doc
    self.arguments = arguments
    self.returns = returns
    self.resultType = resultType
    self.example = example
    self.receiver = receiver
    self.body = body
  }

  /// The declared options, if an argument is an options table.
  package var options: LuaOptionTable? { arguments.lazy.compactMap(\.options).first }

  /// The same function as a method of `name`.
  func asMethod(of name: String) -> LuaFunction {
    LuaFunction(
      self.name, doc, arguments, returns, resultType, example, receiver: name, body: body)
  }
}

func describe<each A>(_ arguments: repeat Arg<each A>) -> [LuaArgument] {
  var list: [LuaArgument] = []
  repeat list += (each arguments).declared
  return list
}

/// A method: a function whose first value is the receiver.
package struct LuaMethod: Sendable {
  let function: LuaFunction

  /// A method with typed arguments; the first closure parameter is the receiver.
  package init<Receiver: LuaBoxed, each A, R: LuaReturnable>(
    _ name: String, _ doc: String, _ arguments: repeat Arg<each A>, returns: String,
    type: LuaType? = nil, example: String? = nil,
    body: @escaping @Sendable (Receiver, repeat each A) throws -> R
  ) {
    let described = describe(repeat each arguments)
    function = LuaFunction(name, doc, described, returns, type ?? R.luaType, example, receiver: "") {
      context in
      var reader = ArgumentReader(context)
      let receiver = try reader.receiver(Receiver.self)
      try reader.checkCount(described)
      let result = try body(receiver, repeat (each arguments).take(&reader))
      return try result.pushResults(to: context.interpreter)
    }
  }

  /// A method with typed arguments and no result.
  package init<Receiver: LuaBoxed, each A>(
    _ name: String, _ doc: String, _ arguments: repeat Arg<each A>,
    example: String? = nil, body: @escaping @Sendable (Receiver, repeat each A) throws -> Void
  ) {
    let described = describe(repeat each arguments)
    function = LuaFunction(name, doc, described, "", .nil, example, receiver: "") { context in
      var reader = ArgumentReader(context)
      let receiver = try reader.receiver(Receiver.self)
      try reader.checkCount(described)
      try body(receiver, repeat (each arguments).take(&reader))
      return 0
    }
  }

  /// A method that reads its arguments itself. Value 1 of the context is the receiver.
  package init<Receiver: LuaBoxed>(
    _ name: String, _ doc: String, arguments: [LuaArgument], returns: String = "",
    resultType: LuaType = .any, example: String? = nil,
    dynamic: @escaping @Sendable (Receiver, LuaContext) throws -> LuaResults
  ) {
    function = LuaFunction(name, doc, arguments, returns, resultType, example, receiver: "") {
      context in
      var reader = ArgumentReader(context)
      let receiver = try reader.receiver(Receiver.self)
      return try dynamic(receiver, context).pushResults(to: context.interpreter)
    }
  }
}
