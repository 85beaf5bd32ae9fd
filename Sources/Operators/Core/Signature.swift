// SPDX-License-Identifier: Apache-2.0
// The signature of an operator, in the terms of coremltools' operator pages.

import MIL
import Tensors

/// The name, parameters and opset of an operator.
package struct Signature: Sendable {
  package let name: String
  /// The first opset with the operator.
  package let since: Opset
  package let parameters: [Parameter]

  package init(_ name: String, since: Opset = .iOS15, _ parameters: [Parameter]) {
    self.name = name
    self.since = since
    self.parameters = parameters
  }

  package func parameter(_ name: String) -> Parameter? { parameters.first { $0.name == name } }
}

/// One input of an operator.
package struct Parameter: Sendable {
  package enum Presence: Sendable {
    case required
    /// Optional, without a default value.
    case optional
    /// Optional, with a default value.
    case defaultsTo(DefaultValue)
  }

  package let name: String
  package let domain: Domain
  package let presence: Presence
  /// Whether it accepts a list of values (`concat.values`).
  package let isVariadic: Bool
  package let since: Opset
  /// The opset that removed the parameter, with a remark; `nil` if the parameter still exists.
  package let withdrawal: Withdrawal?

  /// The removal of a parameter from an opset.
  package struct Withdrawal: Sendable {
    package let opset: Opset
    /// The replacement, as a clause: `for which iOS17 has boxes`.
    package let remark: String
  }

  package init(
    _ name: String, _ domain: Domain, _ presence: Presence = .required, variadic: Bool = false, since: Opset = .iOS15
  ) {
    self.init(name, domain, presence, variadic, since, nil)
  }

  private init(
    _ name: String, _ domain: Domain, _ presence: Presence, _ isVariadic: Bool, _ since: Opset, _ withdrawal: Withdrawal?
  ) {
    self.name = name
    self.domain = domain
    self.presence = presence
    self.isVariadic = isVariadic
    self.since = since
    self.withdrawal = withdrawal
  }

  /// The same parameter, removed in `opset` and later.
  func withdrawn(in opset: Opset, _ remark: String) -> Parameter {
    Parameter(name, domain, presence, isVariadic, since, Withdrawal(opset: opset, remark: remark))
  }
}

extension Parameter {
  /// The floating-point tensor that is the first parameter of most operators.
  static let x = Parameter("x", Domain.float.tied("T"))

  /// A floating-point parameter in addition to `x`. Its dtype equals that of `x` in iOS15 and iOS16; since iOS17 all
  /// such parameters share a dtype of their own.
  static func beside(_ name: String, _ presence: Presence = .required) -> Parameter {
    Parameter(name, Domain.float.tied("T").tied("U", since: .iOS17), presence)
  }
}

/// The default value of a parameter.
package enum DefaultValue: Sendable, Equatable {
  case bool(Bool)
  case int(Int)
  case ints([Int])
  case float(Double)
  case string(String)
}

/// The dtypes that a parameter accepts.
package struct Domain: Sendable {
  /// The dtypes, each with the first opset that supports it.
  package let dtypes: [DType: Opset]
  /// Parameters of an operator with the same letter must have the same dtype. An entry applies from its opset until
  /// that of the next entry: `alpha` of the activations has the dtype of `x` in iOS15, and a dtype of its own since
  /// iOS17.
  private let letters: [(since: Opset, letter: Character)]

  package init(_ dtypes: [DType: Opset]) { self.init(dtypes, letters: []) }

  private init(_ dtypes: [DType: Opset], letters: [(since: Opset, letter: Character)]) {
    self.dtypes = dtypes
    self.letters = letters
  }

  /// The letter in programs of `opset`.
  package func letter(in opset: Opset) -> Character? { letters.last { opset >= $0.since }?.letter }

  /// The same domain with a letter that ties its dtype to that of other parameters, from `since` on.
  package func tied(_ letter: Character, since: Opset = .iOS15) -> Domain {
    Domain(dtypes, letters: letters + [(since, letter)])
  }

  /// The same domain with additional dtypes, from `since` on.
  package func adding(_ types: DType..., since: Opset) -> Domain {
    Domain(dtypes.merging(types.map { ($0, since) }) { old, _ in old }, letters: letters)
  }

  private static func since15(_ types: [DType], from17: [DType] = [], from18: [DType] = []) -> Domain {
    var all: [DType: Opset] = [:]
    for t in types { all[t] = .iOS15 }
    for t in from17 { all[t] = .iOS17 }
    for t in from18 { all[t] = .iOS18 }
    return Domain(all)
  }

  package static let float = since15([.float16, .float32])
  /// fp16, fp32, int32.
  package static let number = since15([.float16, .float32, .int32])
  package static let numberOrBool = since15([.float16, .float32, .int32, .bool])
  /// The dtypes of tensors that are only moved: all dtypes of whole bytes, with short integers since iOS17.
  package static let any = since15(
    [.float16, .float32, .int32, .bool], from17: [.int8, .uint8, .int16, .uint16],
    from18: [.int4, .uint4, .uint1, .uint2, .uint3, .uint6, .uint32])
  package static let bool = since15([.bool])
  package static let int32 = since15([.int32])
  package static let uint32 = since15([.uint32])
  /// int32, and short integers since iOS17.
  package static let index = since15([.int32], from17: [.int8, .uint8, .int16, .uint16])
  package static let string = since15([.string])
  package static func only(_ types: DType...) -> Domain { since15(types) }
}
