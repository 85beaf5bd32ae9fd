// SPDX-License-Identifier: Apache-2.0
// Safetensors: reading, writing, shards, and headers that contradict their file.

import Foundation
import TestSupport
import Tensors
import Testing
import WeightFiles

struct SafetensorsTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private func write(_ header: String, data: Int, name: String = "m.safetensors") throws -> String {
    let length = (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) }
    let path = scratch.file(name)
    try Data(length + Array(header.utf8) + (0..<data).map { UInt8(truncatingIfNeeded: $0) }).write(to: URL(fileURLWithPath: path))
    return path
  }

  @Test func reading() throws {
    let path = try write(
      #"{"__metadata__":{"format":"pt"},"b":{"dtype":"I16","shape":[2],"data_offsets":[8,12]},"a":{"dtype":"U8","shape":[2,4],"data_offsets":[0,8]}}  "#,
      data: 12)
    let file = try WeightFile(path)
    #expect(file.names == ["b", "a"])
    #expect(file.metadata == ["format": "pt"])
    #expect(try file.tensor("a") == Tensor((0..<8).map { UInt8($0) }, shape: [2, 4]))
    #expect(try file.tensor("b")?.integers() == [0x0908, 0x0B0A])
    #expect(try file.tensor("c") == nil)
  }

  @Test func writingAndReadingBack() throws {
    let tensors: [String: Tensor] = [
      "weights": Tensor([Float(1), 2, 3, 4], shape: [2, 2]), "flags": Tensor([true, false, true]),
      "scalar": Tensor(scalar: Float(5)), "halves": Tensor([Float(1.5), -2]).cast(to: .float16), "codes": Tensor([UInt8(1), 2, 3]),
    ]
    let (header, order) = try Safetensors.header(tensors, metadata: ["made": "here"], path: "m")
    var bytes = header
    for name in order { tensors[name]?.withBytes { bytes += Array($0) } }
    #expect(header.count % 8 == 0)
    let path = scratch.file("m.safetensors")
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    let file = try WeightFile(path)
    for (name, tensor) in tensors { #expect(try file.tensor(name) == tensor) }
    #expect(file.metadata == ["made": "here"])
  }

  @Test(arguments: [
    (
      #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, 8,
      "within another tensor"
    ),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, 8, "after a hole"),
    (#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}"#, 8, "12 bytes"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 8, "8 follow"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, 4, "expected 8"),
    (#"{"a":{"dtype":"F32","shape":[4611686018427387904,16],"data_offsets":[0,4]}}"#, 4, "too large"),
    (#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, 4, "not negative"),
    (#"{"a":{"dtype":"Q9","shape":[1],"data_offsets":[0,4]}}"#, 4, "Q9"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 4, "twice"),
    (#"[1]"#, 0, "begin with {"), (#"{"a":"#, 0, "header"),
  ])
  func contradictionsAreErrors(_ header: String, _ data: Int, _ words: String) throws {
    let path = try write(header, data: data)
    #expect { try WeightFile(path) } throws: { "\($0)".contains(words) }
  }

  @Test func aHeaderLongerThanTheFileIsAnError() throws {
    let path = scratch.file("long.safetensors")
    try Data([255, 255, 255, 255, 255, 255, 255, 127, 0]).write(to: URL(fileURLWithPath: path))
    #expect(throws: WeightFileError.self) { try WeightFile(path) }
  }

  @Test func shards() throws {
    _ = try write(#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}"#, data: 2, name: "one.safetensors")
    _ = try write(#"{"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#, data: 1, name: "two.safetensors")
    func index(_ text: String) throws -> String {
      let path = scratch.file("m.safetensors.index.json")
      try Data(text.utf8).write(to: URL(fileURLWithPath: path))
      return path
    }
    let file = try WeightFile(index(#"{"metadata":{"total_size":3},"weight_map":{"a":"one.safetensors","b":"two.safetensors"}}"#))
    #expect(file.names.sorted() == ["a", "b"])
    #expect(try file.tensor("a")?.integers() == [0, 1])
    for (text, words) in [
      (#"{"weight_map":{"a":"three.safetensors"}}"#, "does not exist"), (#"{"weight_map":{"a":"../one.safetensors"}}"#, "beside the index"),
      (#"{"weight_map":{"a":"/etc/passwd"}}"#, "beside the index"), (#"{"weight_map":{"c":"one.safetensors"}}"#, "no such tensor"),
      ("{}", "weight_map"),
    ] {
      let path = try index(text)
      #expect { try WeightFile(path) } throws: { "\($0)".contains(words) }
    }
  }
}
