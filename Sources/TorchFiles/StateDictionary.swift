// SPDX-License-Identifier: Apache-2.0
// Dictionaries of tensors as torch.save writes them.

import Files
import Tensors

/// The tensors of a checkpoint by name, in its order.
package struct StateDictionary: Sendable {
  package let names: [String]
  package let tensors: [String: TorchTensor]

  /// Reads a file that ends in `.pt`, `.pth` or `.bin`.
  ///
  /// - Throws: `TorchFileError`, `FileError`.
  package init(path: String) throws { try self.init(FileBytes(MappedFile(path)), path: path, place: "") }

  /// Under these keys, checkpoints keep the weights beside optimizers and counters.
  private static let usualKeys = ["state_dict", "model_state_dict", "model", "module", "net", "params", "weights"]

  init(_ content: FileBytes, path: String, place: String) throws {
    func refused(_ detail: String, _ hint: String?) -> TorchFileError { .unsupported(file: path, detail: detail, hint: hint) }
    if content.count >= 12, content.integer(0, 1) == 0x80 {
      throw refused(
        "this is the format of torch before 1.6, which is not read",
        "load it in PyTorch and save it again: torch.save(torch.load(path), path)")
    }
    let archive = try ZipEntries(content, path: path, place: place)
    let isScript = archive.names.contains { $0.hasSuffix("/constants.pkl") } && archive.names.contains { $0.contains("/code/") }
    guard !isScript else {
      throw refused(
        "this is TorchScript, which is not read",
        "load it in Python and save it with torch.export.save(torch.export.export(model, (example,)), 'model.pt2')")
    }
    guard let entry = archive.names.first(where: { $0.hasSuffix("/data.pkl") }) else {
      throw TorchFileError.malformed(file: path, place: place, detail: "the archive has no data.pkl, so it is no file of torch.save")
    }
    let root = entry.dropLast("data.pkl".count)
    if archive.contains(root + "byteorder"), try archive.bytes(root + "byteorder").array() != Array("little".utf8) {
      throw refused("its numbers are big-endian, which is not read", nil)
    }
    let label = place.isEmpty ? entry : "\(place): \(entry)"
    var machine = PickleMachine(try archive.bytes(entry), file: path, place: label) { try archive.bytes("\(root)data/\($0)") }
    let value = try machine.run()
    guard case .dictionary(let top) = value else {
      if case .tensor(let tensor) = value {
        (names, tensors) = (["tensor"], ["tensor": tensor])
        return
      }
      throw refused("its value is no dictionary of tensors", "save the weights alone: torch.save(model.state_dict(), path)")
    }
    var (names, tensors) = Self.collect(machine.dictionaries[top])
    if names.isEmpty {
      let inner = Self.usualKeys.lazy.compactMap { key in
        machine.dictionaries[top].first { if case .string(key) = $0.key { true } else { false } }
      }
      for (_, value) in inner {
        guard case .dictionary(let index) = value else { continue }
        (names, tensors) = Self.collect(machine.dictionaries[index])
        if !names.isEmpty { break }
      }
    }
    guard !names.isEmpty || machine.dictionaries[top].isEmpty else {
      let keys = machine.dictionaries[top].compactMap { if case .string(let key) = $0.key { key } else { nil } }
      throw refused(
        "its dictionary has no tensors, but the keys \(keys.prefix(8).joined(separator: ", "))",
        "save the weights alone: torch.save(model.state_dict(), path)")
    }
    self.names = names
    self.tensors = tensors
  }

  private static func collect(_ items: [(key: PickleMachine.Value, value: PickleMachine.Value)]) -> ([String], [String: TorchTensor]) {
    var names: [String] = []
    var tensors: [String: TorchTensor] = [:]
    for (key, value) in items {
      guard case .string(let name) = key, case .tensor(let tensor) = value else { continue }
      if tensors.updateValue(tensor, forKey: name) == nil { names.append(name) }
    }
    return (names, tensors)
  }
}
