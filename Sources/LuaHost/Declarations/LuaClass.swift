// SPDX-License-Identifier: Apache-2.0
// Declarations of classes of boxed Swift objects.

import Options
import TextLayout

/// A read-only property of a boxed object: `m.size`.
package struct LuaProperty: Sendable {
  package let name: String
  package let doc: String
  package let type: LuaType
  /// Whether the value is computed once per box, for tables whose identity should not change between accesses.
  package let isCached: Bool
  let get: @Sendable (LuaContext) throws -> Void

  /// A property whose type is the result type of the closure.
  package init<Receiver: LuaBoxed, V: LuaReturnable>(
    _ name: String, _ doc: String, cached: Bool = false,
    get: @escaping @Sendable (Receiver) throws -> V
  ) {
    self.name = name
    self.doc = doc
    type = V.luaType
    isCached = cached
    self.get = { context in
      var reader = ArgumentReader(context)
      try get(reader.receiver(Receiver.self)).push(to: context.interpreter)
    }
  }
}

/// The implementation of a Lua operator for a boxed object.
package struct LuaBehavior: Sendable {
  let metamethod: String
  /// The type of the operator's result.
  let type: LuaType
  let body: @Sendable (LuaContext) throws -> Int

  /// Implements `tostring(x)` and `print(x)`.
  package static func toString<T: LuaBoxed>(
    _ body: @escaping @Sendable (T) throws -> String
  ) -> LuaBehavior { unary("__tostring", body) }

  /// Implements `tostring(x)` and `print(x)`. The text is fitted to the frame if it is displayed on a screen.
  package static func toString<T: LuaBoxed>(
    in _: DisplayFrame.Type, _ body: @escaping @Sendable (T, DisplayFrame) throws -> String
  ) -> LuaBehavior {
    LuaBehavior(metamethod: "__tostring", type: .string) { context in
      var reader = ArgumentReader(context)
      return try body(reader.receiver(T.self), context.interpreter.frame).pushResults(to: context.interpreter)
    }
  }

  /// Rich representations of an object by media type, for front ends that display more than text.
  package static func forms<T: LuaBoxed>(
    _ body: @escaping @Sendable (T) throws -> [String: String]
  ) -> LuaBehavior { unary("__mimebundle", body) }

  /// Implements `#x`.
  package static func length<T: LuaBoxed>(
    _ body: @escaping @Sendable (T) throws -> Int
  ) -> LuaBehavior { unary("__len", body) }

  /// Implements `a == b` for two objects of the class. The default is identity.
  package static func equal<T: LuaBoxed>(
    _ body: @escaping @Sendable (T, T) throws -> Bool
  ) -> LuaBehavior {
    LuaBehavior(metamethod: "__eq", type: .boolean) { context in
      var reader = ArgumentReader(context)
      let left = try reader.receiver(T.self)
      let right = try? T.read(context.interpreter, at: reader.advance())
      let equal = try right.map { try body(left, $0) } ?? false
      return try equal.pushResults(to: context.interpreter)
    }
  }

  /// Implements `x[i]` for integers, counted from 1; nil beyond the end, so that `ipairs` works.
  ///
  /// - Parameter refusesZero: whether indices below 1 raise an error without calling `body`.
  package static func index<T: LuaBoxed, V: LuaReturnable>(
    refusesZero: Bool = true, _ body: @escaping @Sendable (T, Int) throws -> V?
  ) -> LuaBehavior {
    LuaBehavior(metamethod: integerIndex, type: V.luaType) { context in
      var reader = ArgumentReader(context)
      let receiver = try reader.receiver(T.self)
      let position = try Int.read(context.interpreter, at: reader.advance())
      guard position > 0 || !refusesZero else { throw LuaError.countsFromOne(T.luaName, position) }
      return try body(receiver, position).pushResults(to: context.interpreter)
    }
  }

  /// Implements `x(…)`.
  package static func call<T: LuaBoxed>(
    _ body: @escaping @Sendable (T, [LuaValue]) throws -> LuaResults
  ) -> LuaBehavior {
    LuaBehavior(metamethod: "__call", type: .any) { context in
      var reader = ArgumentReader(context)
      let receiver = try reader.receiver(T.self)
      return try body(receiver, Array(context.values.dropFirst()))
        .pushResults(to: context.interpreter)
    }
  }

  /// Implements `for k, v in pairs(x)`; the pairs are computed when the loop starts.
  package static func pairs<T: LuaBoxed>(
    _ body: @escaping @Sendable (T) throws -> [(any LuaReturnable, any LuaReturnable)]
  ) -> LuaBehavior {
    LuaBehavior(metamethod: "__pairs", type: .function) { context in
      var reader = ArgumentReader(context)
      let pairs = try body(reader.receiver(T.self))
      var next = 0
      let iterator = LuaIterator {
        guard next < pairs.count else { return nil }
        defer { next += 1 }
        return LuaResults(pairs[next].0, pairs[next].1)
      }
      return try iterator.pushResults(to: context.interpreter)
    }
  }

  /// Implements `a + b` and similar operators if `a` or `b` is an object of the class.
  package static func arithmetic<V: LuaReturnable>(
    _ operation: Arithmetic, _ body: @escaping @Sendable (LuaValue, LuaValue) throws -> V
  ) -> LuaBehavior {
    LuaBehavior(metamethod: operation.rawValue, type: V.luaType) { context in
      try body(context.value(1), context.value(2)).pushResults(to: context.interpreter)
    }
  }

  /// Raises an error for a Lua operator that the class does not have, with what to write instead.
  package static func refuses(_ operation: Refused, _ message: String, hint: String) -> LuaBehavior {
    LuaBehavior(metamethod: operation.rawValue, type: .nil) { _ in throw LuaError(.usage, message, hint: hint) }
  }

  /// Lua's operators that are not arithmetic.
  package enum Refused: String, Sendable {
    case lessThan = "__lt"
    case lessOrEqual = "__le"
    case concatenate = "__concat"
    case call = "__call"
  }

  /// Lua's binary arithmetic operators and unary minus.
  package enum Arithmetic: String, Sendable {
    case add = "__add"
    case subtract = "__sub"
    case multiply = "__mul"
    case divide = "__div"
    case floorDivide = "__idiv"
    case modulo = "__mod"
    case power = "__pow"
    case negate = "__unm"
  }

  /// Not a Lua metamethod, but a part of `__index`.
  static let integerIndex = "integer index"

  private static func unary<T: LuaBoxed, R: LuaReturnable>(
    _ metamethod: String, _ body: @escaping @Sendable (T) throws -> R
  ) -> LuaBehavior {
    LuaBehavior(metamethod: metamethod, type: R.luaType) { context in
      var reader = ArgumentReader(context)
      return try body(reader.receiver(T.self)).pushResults(to: context.interpreter)
    }
  }
}

/// A class of boxed objects.
///
/// An unknown property or method raises an error with a suggestion. Properties cannot be assigned.
package struct LuaClass: Sendable {
  package let name: String
  package let doc: String
  /// Whether scripts may release the object early, with `x:close()` or `local x <close>`.
  package let isClosable: Bool
  package let properties: [LuaProperty]
  package let methods: [LuaFunction]
  let behaviors: [LuaBehavior]
  /// Names in an object's content that can be keys of a method's table (`nil`) or of the table of an option: inputs
  /// in `m:predict{ `, weights in `m:quantize{ op_names = { `.
  let contentNames: ContentNames?
  /// Functions beyond the declared members, looked up by name: `g.relu` of a graph. They are fields, which need no colon.
  let functions: FunctionLookup?
  /// Names of members in other libraries, each with what to write instead.
  let foreignNames: [String: String]

  package typealias FunctionLookup = @Sendable (_ object: any LuaBoxed, _ name: String) -> LuaFunction?
  package typealias ContentNames =
    @Sendable (_ object: any LuaBoxed, _ method: String, _ option: String?) -> [String]

  package init(
    _ type: any LuaBoxed.Type, _ doc: String, closable: Bool = false,
    properties: [LuaProperty] = [], methods: [LuaMethod] = [], behaviors: [LuaBehavior] = [],
    contentNames: ContentNames? = nil, functions: FunctionLookup? = nil, foreignNames: [String: String] = [:]
  ) {
    self.contentNames = contentNames
    self.functions = functions
    self.foreignNames = foreignNames
    let name = type.luaName
    self.name = name
    self.doc = doc
    isClosable = closable
    self.properties = properties
    self.behaviors = behaviors
    let declared = methods.map { $0.function.asMethod(of: name) }
    self.methods = closable ? declared + [Self.close(name)] : declared
  }

  /// The property with this name.
  package func property(_ name: String) -> LuaProperty? { properties.first { $0.name == name } }
  /// The method with this name.
  package func method(_ name: String) -> LuaFunction? { methods.first { $0.name == name } }
  /// The type of `x[i]` if objects of the class can be indexed with integers.
  package var elementType: LuaType? {
    behaviors.first { $0.metamethod == LuaBehavior.integerIndex }?.type
  }
  /// Whether `#x` is supported.
  package var hasLength: Bool { behaviors.contains { $0.metamethod == "__len" } }

  /// The arithmetic operators, by Lua's names without the underscores.
  var arithmetic: [(name: String, isUnary: Bool, type: LuaType)] {
    behaviors.compactMap { behavior in
      LuaBehavior.Arithmetic(rawValue: behavior.metamethod).map { (String($0.rawValue.dropFirst(2)), $0 == .negate, behavior.type) }
    }
  }

  /// Properties, then methods.
  package var memberNames: [String] { properties.map(\.name) + methods.map(\.name) }

  private static func close(_ name: String) -> LuaFunction {
    LuaFunction(
      "close", "Release what it holds now; using it afterwards is an error.", [], "", .nil, nil,
      receiver: name
    ) { context in
      guard context.interpreter.closeBox(at: 1, of: name) else {
        throw LuaError(
          .usage,
          "bad argument #1 to 'close' (\(name) expected, got \(context.interpreter.typeName(at: 1)))"
        )
      }
      return 0
    }
  }
}
