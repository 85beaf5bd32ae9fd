// SPDX-License-Identifier: Apache-2.0
// A map from parameters to values with a deterministic order.

/// A small map from parameters to values that preserves the insertion order.
///
/// Operators have few parameters, so lookup is a linear search.
package struct ByParameter<Value> {
  package typealias Element = (key: String, value: Value)
  private var elements: [Element] = []

  package init() {}

  package init(_ elements: some Sequence<Element>) {
    for (parameter, value) in elements { self[parameter] = value }
  }

  package subscript(parameter: String) -> Value? {
    get { elements.first { $0.key == parameter }?.value }
    set {
      let index = elements.firstIndex { $0.key == parameter }
      switch (index, newValue) {
      case (let index?, let value?): elements[index].value = value
      case (let index?, nil): elements.remove(at: index)
      case (nil, let value?): elements.append((parameter, value))
      case (nil, nil): break
      }
    }
  }

  package var keys: [String] { elements.map(\.key) }
  package var values: [Value] { elements.map(\.value) }

  package func mapValues<Other>(_ transform: (Value) throws -> Other) rethrows -> ByParameter<Other> {
    var mapped = ByParameter<Other>()
    mapped.elements = try elements.map { ($0.key, try transform($0.value)) }
    return mapped
  }

  package func compactMapValues<Other>(_ transform: (Value) throws -> Other?) rethrows -> ByParameter<Other> {
    ByParameter<Other>(try elements.compactMap { element in try transform(element.value).map { (key: element.key, value: $0) } })
  }

  /// Adds the entries of the other map, which replace existing entries of the same parameters.
  package mutating func merge(_ other: ByParameter) {
    for (parameter, value) in other { self[parameter] = value }
  }

  /// The same entries, with parameters of the signature first and in its order.
  func ordered(by signature: Signature) -> ByParameter {
    guard elements.count > 1 else { return self }
    var ordered = ByParameter()
    ordered.elements.reserveCapacity(elements.count)
    for parameter in signature.parameters {
      if let value = self[parameter.name] { ordered.elements.append((parameter.name, value)) }
    }
    guard ordered.elements.count < elements.count else { return ordered }
    let strangers = elements.filter { element in signature.parameter(element.key) == nil }
    ordered.elements += strangers.sorted { $0.key < $1.key }
    return ordered
  }
}

extension ByParameter: Sequence {
  package func makeIterator() -> IndexingIterator<[Element]> { elements.makeIterator() }
}

extension ByParameter: ExpressibleByDictionaryLiteral {
  package init(dictionaryLiteral elements: (String, Value)...) { self.init(elements.map { (key: $0.0, value: $0.1) }) }
}

extension ByParameter: Sendable where Value: Sendable {}
