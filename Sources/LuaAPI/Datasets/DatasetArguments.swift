// SPDX-License-Identifier: Apache-2.0
// Values of options of data sets: numbers for channels, extents, columns, classes, labels.

import Evaluation
import Files
import LuaHost
import Options
import Tensors

/// A number, or a sequence of numbers.
struct NumberList: LuaConvertible {
  let numbers: [Double]

  static var luaType: LuaType { .union([.number, .sequence(.number)]) }

  func push(to interpreter: Interpreter) throws { try numbers.push(to: interpreter) }

  static func read(_ interpreter: Interpreter, at index: Int32) throws(LuaMismatch) -> NumberList {
    let value = try LuaValue.read(interpreter, at: index)
    if let number = value.number { return NumberList(numbers: [number]) }
    guard let table = value.table, let numbers = try? table.numbers(), !numbers.isEmpty else {
      throw LuaMismatch(expected: luaType.description, found: interpreter.typeName(of: value))
    }
    return NumberList(numbers: numbers)
  }

  /// One or two positive extents in pixels.
  func extents(_ option: String) throws -> [Int] {
    let extents = numbers.compactMap { Int(exactly: $0) }.filter { (1...65536).contains($0) }
    guard extents.count == numbers.count, extents.count <= 2 else {
      throw LuaError(.usage, "dataset: \(option) is a number of pixels, or {width, height}; from 1 to 65536", hint: "\(option) = 224")
    }
    return extents
  }
}

/// Reads options of data sets that are more than one value.
enum DatasetReader {
  /// The names of classes: a sequence, or a text file with one on each line.
  static func classes(_ value: LuaValue, _ interpreter: Interpreter) throws -> [String] {
    var names: [String]
    if case .string(let path) = value {
      let text = try MappedFile(PathArgument(path, interpreter).path).withBytes { String(validating: $0, as: UTF8.self) }
      guard let text else { throw LuaError(.format, "dataset: classes: \(path) is not text in UTF-8") }
      names = text.split(omittingEmptySubsequences: false) { $0.isNewline }.map { String($0) }
      while names.last?.isEmpty == true { names.removeLast() }
    } else {
      do {
        names = try value.read(as: [String].self, in: interpreter)
      } catch let mismatch as LuaMismatch {
        throw LuaError(.usage, "dataset: classes is a sequence of names or a text file with one on each line; \(mismatch.sentence)")
      }
    }
    guard !names.isEmpty else { throw LuaError(.usage, "dataset: classes is empty") }
    var seen: Set<String> = []
    if let twice = names.first(where: { !seen.insert($0).inserted }) {
      throw LuaError(.usage, "dataset: classes has '\(twice)' twice")
    }
    return names
  }

  /// Class indices, regression targets or class names in a Lua value.
  static func labels(_ value: LuaValue, classes: [String]?, _ interpreter: Interpreter) throws -> Dataset.Labels {
    if let table = value.table, table[1].string != nil {
      do {
        let names = try value.read(as: [String].self, in: interpreter)
        return try classes.map { try Dataset.Labels(names: names, classes: $0) } ?? Dataset.Labels(names: names)
      } catch let mismatch as LuaMismatch {
        throw LuaError(.usage, "dataset: labels\(mismatch.sentence); the first is a name, so all must be")
      }
    }
    do {
      let given = try value.read(as: TensorArgument.self, in: interpreter).tensor
      // A Lua sequence of class indices is read as floats.
      let isTable = value.table != nil || given.dtype == .float32
      let whole = isTable ? (try? given.converted(to: .int32)) ?? (try? given.converted(to: .int64)) : nil
      let labels = Dataset.Labels(whole ?? given)
      guard let classes else { return labels }
      guard !labels.tensor.dtype.isFloat, labels.tensor.rank == 1 else {
        throw LuaError(.usage, "dataset: classes are of labels that are class indices or names")
      }
      return try Dataset.Labels(indices: labels.tensor.integers().map { Int32(clamping: $0) }, classes: classes)
    } catch let mismatch as LuaMismatch {
      throw LuaError(.usage, "dataset: labels: \(mismatch.sentence)")
    }
  }

  /// The columns of each input: a sequence of names for one input, or a name or a sequence by input.
  static func columns(_ value: LuaValue, _ interpreter: Interpreter) throws -> (one: [String]?, byInput: [String: TableOptions.Columns]?) {
    func sequence(_ value: LuaValue) throws -> [String] {
      do {
        let names = try value.read(as: [String].self, in: interpreter)
        guard names.isEmpty else { return names }
      } catch is LuaMismatch {}
      throw LuaError(
        .usage, "dataset: columns is a sequence of names, or such a sequence or a name for each input",
        hint: "columns = { \"width\", \"height\" } or columns = { size = { \"width\", \"height\" } }")
    }
    guard let table = value.table, table.count == 0, case let pairs = try table.pairs(), !pairs.isEmpty else {
      return (try sequence(value), nil)
    }
    var byInput: [String: TableOptions.Columns] = [:]
    for (key, value) in pairs {
      guard let name = key.string else { return (try sequence(value), nil) }
      byInput[name] = try value.string.map { .one($0) } ?? .several(sequence(value))
    }
    return (nil, byInput)
  }
}
