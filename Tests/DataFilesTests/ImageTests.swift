// SPDX-License-Identifier: Apache-2.0
// Compares images with Pillow, bit for bit, and tests malformed images.

import DataFiles
import Foundation
import Tensors
import Testing

@Suite struct ImageTests {
  /// Largest difference between an image and `[height, width, channels]` samples; `nil` when the extents differ.
  func difference(_ image: Image, _ expected: Tensor) -> Int? {
    guard expected.shape == [image.height, image.width, image.format.channels] else { return nil }
    return zip(image.samples, expected.codes()).map { abs(Int($0) - Int($1)) }.max()
  }

  @Test(arguments: fixtures(".png").filter { $0 != "bomb.png" && $0 != "deep_gray.png" && !$0.hasPrefix("turned") })
  func png(_ name: String) throws {
    #expect(try difference(ImageFile.read(fixture(name)), NPY.read(fixture(name + ".npy"))) == 0)
  }

  @Test(arguments: ["rgb.jpg", "gray.jpg", "progressive.jpg", "cmyk.jpg"])
  func jpeg(_ name: String) throws {
    // Decoders may differ in rounding of the inverse transform and of the color conversion.
    let most = try #require(try difference(ImageFile.read(fixture(name)), NPY.read(fixture(name + ".npy"))))
    #expect(most <= 3)
  }

  @Test func deepGray() {
    let error = failure { _ = try ImageFile.read(fixture("deep_gray.png")) }
    #expect(error?.description.contains("16-bit gray samples is not supported; convert it to 8 bits first") == true)
  }

  @Test(arguments: Array(1...8), ["jpg", "png"])
  func orientations(tag: Int, ending: String) throws {
    let name = "turned_\(tag).\(ending)"
    let expected = try NPY.read(fixture(name + ".npy"))
    let most = try #require(try difference(ImageFile.read(fixture(name), turns: true), expected))
    #expect(most <= (ending == "png" ? 0 : 3))
    let header = try ImageFile.header(fixture(name), turns: true)
    #expect([header.height, header.width] == Array(expected.shape.prefix(2)) && header.format == .rgb)
    #expect(try ImageFile.read(fixture(name)).width == 30, "turning is a choice")
  }

  @Test func damagedOrientations() throws {
    let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: fixture("turned_6.jpg"))))
    // Whatever the bytes of the EXIF data are, they give an orientation or none.
    for at in 20..<70 {
      for value: UInt8 in [0, 1, 0x7F, 0xFF] {
        var changed = bytes
        changed[at] = value
        _ = changed.withUnsafeBytes { Orientation($0) }
        _ = changed.prefix(at).withUnsafeBytes { Orientation($0) }
      }
    }
    #expect(bytes.withUnsafeBytes { Orientation($0) } == .turnedRight)
  }

  @Test func cropping() {
    let image = Image(width: 5, height: 2, format: .gray, samples: Array(0..<10))
    // Half pixels round to even: 1.5 to 2, 0.5 to 0.
    #expect(image.cropped(width: 2, height: 1).samples == [2, 3])
    #expect(image.cropped(width: 5, height: 2) == image)
  }

  @Test func aClaimBeyondTheFile() {
    let error = failure { _ = try ImageFile.read(fixture("bomb.png")) }
    #expect(error?.description.contains("cannot hold the declared 10000×10000 pixels") == true)
    let limited = failure { _ = try ImageFile.read(fixture("rgb.png"), limits: DataLimits(imagePixels: 100)) }
    #expect(limited == .tooLarge(file: fixture("rgb.png"), bytes: 351, limit: 300))
  }

  @Test func otherFiles() {
    #expect(failure { _ = try ImageFile.read(fixture("x.png")) } != nil)
    #expect(
      failure { _ = try ImageFile.read(fixture("scalar.npy")) }
        == .notA(format: "PNG or JPEG", file: fixture("scalar.npy"), advice: "convert it to one of them"))
  }

  @Test func luma() throws {
    let gray = try ImageFile.read(fixture("rgb.png")).converted(to: .gray)
    #expect(try difference(gray, NPY.read(fixture("luma.npy"))) == 0)
    let red = Image(width: 1, height: 1, format: .rgb, samples: [255, 0, 0]).converted(to: .gray)
    #expect(red.samples == [76])  // 0.299 · 255 = 76.2
  }

  @Test func conversions() {
    let image = Image(width: 2, height: 1, format: .grayAlpha, samples: [10, 1, 20, 2])
    #expect(image.converted(to: .rgba).samples == [10, 10, 10, 1, 20, 20, 20, 2])
    #expect(image.converted(to: .rgb).samples == [10, 10, 10, 20, 20, 20])
    #expect(image.converted(to: .gray).converted(to: .grayAlpha).samples == [10, 255, 20, 255])
  }

  @Test func planes() {
    let image = Image(width: 2, height: 1, format: .rgba, samples: [1, 2, 3, 4, 5, 6, 7, 8])
    #expect(image.planes() == Tensor([1, 5, 2, 6, 3, 7, 4, 8] as [UInt8], shape: [1, 4, 1, 2]))
    #expect(image.planes(blueFirst: true) == Tensor([3, 7, 2, 6, 1, 5, 4, 8] as [UInt8], shape: [1, 4, 1, 2]))
  }

  @Test(arguments: [(7, 5), (20, 20), (3, 31), (13, 4), (1, 1), (12, 5), (30, 8)])
  func resizing(_ size: (width: Int, height: Int)) throws {
    let image = try ImageFile.read(fixture("rgb.png")).resized(width: size.width, height: size.height)
    #expect(try difference(image, NPY.read(fixture("resized_\(size.width)x\(size.height).npy"))) == 0)
  }

  @Test func resizingByHand() {
    let image = Image(width: 2, height: 1, format: .gray, samples: [0, 100])
    // Half-pixel centers: at 0.25 and 0.75 of the way, with clamped edges.
    #expect(image.resized(width: 4, height: 1).samples == [0, 25, 75, 100])
    #expect(image.resized(width: 1, height: 3).samples == [50, 50, 50])
    #expect(image.resized(width: 2, height: 1) == image)
  }

  @Test(arguments: [Image.Format.gray, .grayAlpha, .rgb, .rgba], [(1, 1), (7, 3), (64, 200)])
  func encodedPicturesAreReadBack(format: Image.Format, size: (Int, Int)) throws {
    let count = size.0 * size.1 * format.channels
    let image = Image(
      width: size.0, height: size.1, format: format, samples: (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ $0 / 256) })
    let png = try #require(image.png)
    #expect(try png.withUnsafeBytes { try ImageFile.decode($0, file: "made") } == image)
  }
}
