// SPDX-License-Identifier: Apache-2.0
// Pictures, sounds, tables and functions as samples, compared with Pillow, torchvision's arithmetic and SciPy.

import DataFiles
import Evaluation
import Foundation
import Synchronization
import Tensors
import Testing

@Suite struct SourceTests {
  static let folder = fixture("../sources")

  static func pictures(_ options: PictureOptions, labels: FileListing.LabelSource = .automatic, classes: [String]? = nil) throws -> Dataset
  {
    let listing = try FileListing(
      folder + "/photos", extensions: ImageFile.extensions, what: "pictures", labels: labels, classes: classes)
    return try Dataset(PictureSource(listing, options), classNames: listing.labels?.classNames, options: .init(batchSize: 2))
  }

  private func difference(_ a: Tensor?, _ b: Tensor?) throws -> Float {
    let (a, b) = (try #require(a), try #require(b))
    try #require(a.shape == b.shape, "\(a.shape), expected \(b.shape)")
    return zip(a.floats(), b.floats()).map { abs($0 - $1) }.max() ?? 0
  }

  @Test func picturesAreThoseOfPillow() throws {
    let expected = try NPZ.read(Self.folder + "/pictures.npz")
    let cropped = try Self.pictures(.init(color: .rgb, resize: .shorterSide(26), crop: (24, 21)))
    #expect(cropped.description == "5 samples: image uint8[3, 21, 24], labels int32[]")
    #expect(try difference(cropped.inputs["image"], expected["cropped"]) == 0)
    #expect(try cropped.labels?.integers() == [0, 0, 0, 1, 1] && cropped.classNames == ["cat", "dog"])
    let normal = try Self.pictures(
      .init(
        inputName: "x", resize: .shorterSide(26), crop: (24, 21), scale: 1 / 255.0, mean: [0.485, 0.456, 0.406],
        deviation: [0.229, 0.224, 0.225]))
    #expect(try difference(normal.inputs["x"], expected["normal"]) < 1e-6)
    let gray = try Self.pictures(.init(color: .gray, resize: .exactly(width: 20, height: 17)))
    #expect(try difference(gray.inputs["image"], expected["gray"]) == 0)
    let blueFirst = try #require(Self.pictures(.init(color: .bgr, resize: .shorterSide(26), crop: (24, 21))).inputs["image"])
    let redFirst = try #require(expected["cropped"])
    #expect(blueFirst.rows(0..<1).floats().prefix(504) == redFirst.rows(0..<1).floats().suffix(504))
  }

  @Test func faultsOfPictures() throws {
    #expect(
      failure { _ = try Self.pictures(.init(color: .rgb)).inputs }
        == .imageSize(file: Self.folder + "/photos/cat/b.png", width: 33, height: 47, expectedWidth: 40, expectedHeight: 30))
    #expect(
      failure { _ = try Self.pictures(.init(crop: (35, 20))).inputs }
        == .cropSize(file: Self.folder + "/photos/cat/b.png", width: 33, height: 47, cropWidth: 35, cropHeight: 20))
    let size = PictureOptions.Size.exactly(width: 4, height: 4)
    #expect(
      failure { _ = try Self.pictures(.init(resize: size, mean: [1, 2])) } == .channelCount(option: "mean", given: 2, channels: 3))
    #expect(failure { _ = try Self.pictures(.init(resize: size, deviation: [0])) } != nil)
    #expect(failure { _ = try Self.pictures(.init(resize: size), classes: ["cat", "cow"]) } != nil)
    let swapped = try Self.pictures(.init(resize: size), classes: ["dog", "cat", "cow"])
    #expect(try swapped.labels?.integers() == [1, 1, 1, 0, 0] && swapped.classNames == ["dog", "cat", "cow"])
  }

  @Test func brokenPicturesAreNamedWhenTheirTurnComes() throws {
    try withTemporaryFolder { folder in
      let good = try Data(contentsOf: URL(fileURLWithPath: Self.folder + "/photos/cat/a.png"))
      for i in 0..<20 { try (i == 13 ? good.prefix(300) : good).write(to: URL(fileURLWithPath: "\(folder)/\(10 + i).png")) }
      let listing = try FileListing(folder, extensions: ["png"], what: "pictures", labels: .automatic, classes: nil)
      let batches = try Dataset(PictureSource(listing), options: .init(batchSize: 2)).batches()
      for _ in 0..<6 { #expect(try batches.next()?.count == 2) }
      do {
        _ = try batches.next()
        Issue.record("a truncated picture is an error")
      } catch { #expect("\(error)".contains("\(folder)/23.png is damaged")) }
      #expect(try batches.next() == nil, "there is nothing after a failure")
    }
  }

  @Test func labelsFromATable() throws {
    try withTemporaryFolder { folder in
      let good = try Data(contentsOf: URL(fileURLWithPath: Self.folder + "/photos/cat/a.png"))
      try FileManager.default.createDirectory(atPath: folder + "/in", withIntermediateDirectories: true)
      for name in ["b", "in/a", "c"] { try good.write(to: URL(fileURLWithPath: "\(folder)/\(name).png")) }
      func data(_ csv: String, classes: [String]? = nil) throws -> Dataset {
        try Data(csv.utf8).write(to: URL(fileURLWithPath: folder + "/labels.csv"))
        let listing = try FileListing(folder, extensions: ["png"], what: "pictures", labels: .table("labels.csv"), classes: classes)
        return try Dataset(
          PictureSource(listing), classNames: listing.labels?.classNames, hasNamedLabels: listing.labels?.areNames ?? false)
      }
      let named = try data("file,label\nb.png,wolf\nin/a,ant\n")
      #expect(try named.labels?.integers() == [1, 0] && named.classNames == ["ant", "wolf"] && named.hasNamedLabels)
      let numbered = try data("c,2\nb,0\n", classes: ["x", "y", "z"])
      #expect(try numbered.labels?.integers() == [2, 0] && numbered.classNames == ["x", "y", "z"] && !numbered.hasNamedLabels)
      #expect(try data("c,0.5\nb,2\n").labels?.floats() == [0.5, 2])
      #expect(try data("c,1,2\nb,3,4\n").labels?.shape == [2, 2])
      #expect("\(try #require(failure { _ = try data("c,1\nd,2\n") }))".contains("there is no file d in \(folder)"))
      #expect("\(try #require(failure { _ = try data("c,1\n../c,2\n") }))".contains("there is no file ../c"))
      #expect(failure { _ = try data("c,1\nb,3\n", classes: ["x", "y"]) } != nil)
    }
  }

  @Test func sounds() throws {
    func data(_ options: SoundOptions, _ files: [String] = ["s16.wav", "f32.wav"]) throws -> Dataset {
      try withTemporaryFolder { folder in
        for name in files {
          try FileManager.default.copyItem(atPath: Self.folder + "/sounds/" + name, toPath: folder + "/" + name)
        }
        let listing = try FileListing(
          folder, extensions: SoundFile.extensions, what: "sounds", labels: .own(.init(Tensor(files.indices.map(Int32.init)))),
          classes: nil)
        let data = try Dataset(SoundSource(listing, options), options: .init(batchSize: 3))
        let samples = try data.samples()
        return try Dataset(inputs: samples.inputs, labels: samples.labels)
      }
    }
    let expected = try NPZ.read(Self.folder + "/sounds.npz")
    let whole = try data(.init(mixes: false))
    #expect(whole.description == "2 samples: audio float32[2, 900], labels int32[]")
    #expect(try difference(whole.inputs["audio"]?.rows(1..<2), expected["s16"].map { $0.reshaped([1] + $0.shape) }) < 1e-7)
    // 1800 samples at 16 kHz are windows of 800, 800 and 200.
    let windows = try data(.init(inputName: "wave", rate: 16000, seconds: 0.05))
    #expect(windows.description == "6 samples: wave float32[800], labels int32[]")
    #expect(try windows.labels?.integers() == [0, 0, 0, 1, 1, 1])
    let flat = try #require(windows.inputs["wave"]).rows(0..<3).floats()
    let mono = try #require(expected["mono_16000"]).floats()
    #expect(zip(flat, mono).allSatisfy { abs($0 - $1) < 3e-7 } && flat[1800...].allSatisfy { $0 == 0 })
    #expect(try data(.init(rate: 16000, seconds: 0.05, pads: false)).count == 4)
    #expect(try data(.init(rate: 16000, seconds: 0.05, stride: 0.025)).count == 8)
    #expect(try data(.init(seconds: 1, pads: false)).count == 2, "the only window of a sound is kept")
    #expect(failure { _ = try data(.init(seconds: 0)) } != nil)
    #expect(failure { _ = try data(.init(rate: 16000, seconds: 1, stride: 1e-9)) } != nil)
  }

  @Test func tables() throws {
    let path = Self.folder + "/iris.csv"
    let data = try Dataset(table: path, .init(labels: "species"))
    #expect(data.description == "4 samples: x float32[2], labels int32[]")
    #expect(try data.inputs["x"]?.floats().prefix(2) == [5.1, 1.4] && data.labels?.integers() == [0, 1, 2, 0])
    let named = try Dataset(
      table: path,
      .init(
        columns: ["a": .one("petal"), "b": .several(["petal", "sepal"])], labels: "species", classes: ["virginica", "setosa", "versicolor"])
    )
    #expect(try named.inputs["a"]?.shape == [4] && named.inputs["b"]?.shape == [4, 2] && named.labels?.integers() == [1, 2, 0, 1])
    #expect(
      failure { _ = try Dataset(table: path, .init()) }
        == .notANumber(file: path, row: 1, column: "species", field: "setosa"))
    #expect(
      failure { _ = try Dataset(table: path, .init(labels: "kind")) }
        == .noSuchColumn(file: path, name: "kind", present: ["sepal", "petal", "species"]))
    #expect(failure { _ = try Dataset(table: path, .init(labels: "species", classes: ["setosa"])) } != nil)
  }

  @Test func functions() throws {
    let source = try FunctionSource(count: 5) { i in
      Sample(inputs: ["x": Tensor([Float(i), 1])], labels: Tensor(scalar: Int32(i)))
    }
    let data = try Dataset(source, options: .init(batchSize: 2, shuffle: true, seed: 4))
    for batch in try data.batches().all() {
      #expect(batch.labels?.integers() == batch.indices)
      #expect(batch.inputs["x"]?.floats() == batch.indices.flatMap { [Float($0), 1] })
    }
    let mapped = try data.mapping { sample, index in
      Sample(inputs: ["y": Tensor([sample.inputs["x"]?.floats()[0] ?? 0, Float(index)])], labels: nil)
    }
    #expect(mapped.description == "5 samples: y float32[2]")
    #expect(try mapped.taking(3).inputs["y"]?.floats() == data.order.prefix(3).flatMap { [Float($0), Float($0)] })
    let both = try data.joined(with: data.taking(2))
    #expect(try both.labels?.integers() == data.order + data.order.prefix(2))
    #expect(try both.digest != data.digest && data.digest == data.digest)
    let uneven = try Dataset(FunctionSource(count: 3) { i in Sample(inputs: ["x": Tensor(zeros: .float32, [i + 1])]) })
    #expect(failure { _ = try uneven.inputs } == .unlikeSample(index: 1, what: "input 'x'", found: "float32[2]", expected: "float32[1]"))
    let unlabeled = try Dataset(
      FunctionSource(count: 2) { i in Sample(inputs: ["x": Tensor([i == 0])], labels: i == 0 ? Tensor(scalar: 1.0) : nil) })
    #expect(failure { _ = try unlabeled.inputs } == .unlikeSample(index: 1, what: "labels", found: nil, expected: "float64[]"))
  }

  /// Counts the samples that have been read but not used.
  private final class Slow: SampleSource {
    let count = 60
    let inputs = ["x": SampleType(.float32, [1])]
    let labels: SampleType? = nil
    let isSlow = true
    let read = Mutex(0)

    func read(_ indices: [Int], isAbandoned: () -> Bool) throws -> PendingSamples {
      read.withLock { $0 += indices.count }
      return PendingSamples(Samples(inputs: ["x": Tensor(indices.map(Float.init), shape: [indices.count, 1])]))
    }
  }

  @Test func readingAheadIsBounded() throws {
    let slow = Slow()
    let batches = try Dataset(slow, options: .init(batchSize: 5)).batches(ahead: 3)
    for number in 0..<12 {
      let batch = try #require(try batches.next())
      #expect(batch.number == number && batch.inputs["x"]?.floats() == batch.indices.map(Float.init))
      // Three batches ahead, and those that were taken.
      #expect(slow.read.withLock { $0 } <= 5 * (number + 4))
    }
    #expect(try batches.next() == nil)
    let cancelled = try Dataset(slow).batches(isCancelled: { true })
    #expect(failure { _ = try cancelled.next() } == .cancelled)
  }

  @Test func digestsOfFilesTellContentsApart() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.png"
      func digest(_ bytes: Data, _ options: PictureOptions = .init()) throws -> String {
        try bytes.write(to: URL(fileURLWithPath: path))
        let listing = try FileListing(folder, extensions: ["png"], what: "pictures", labels: .automatic, classes: nil)
        return try Dataset(PictureSource(listing, options)).digest
      }
      let bytes = try Data(contentsOf: URL(fileURLWithPath: Self.folder + "/photos/cat/a.png"))
      var other = bytes
      other[bytes.count - 5] ^= 1
      let digests = [try digest(bytes), try digest(other), try digest(bytes, .init(color: .gray)), try digest(bytes, .init(scale: 2))]
      #expect(Set(digests).count == 4)
      #expect(try digest(bytes) == digests[0])
    }
  }

  @Test func kindsOfFolders() throws {
    #expect(try FileListing.kind(of: Self.folder + "/photos") == .pictures)
    #expect(try FileListing.kind(of: Self.folder + "/sounds") == .sounds)
    try withTemporaryFolder { folder in
      #expect(try FileListing.kind(of: folder) == nil)
      for name in ["a.png", "b.WAV"] { try Data().write(to: URL(fileURLWithPath: "\(folder)/\(name)")) }
      #expect(
        failure { _ = try FileListing.kind(of: folder) } == .notADataset(path: folder, reason: "it contains both pictures and sounds"))
    }
  }
}
