// SPDX-License-Identifier: Apache-2.0
// The Lua object for images.

import DataFiles
import Foundation
import LuaHost
import Options

/// An image as a Lua object.
final class ImageObject: LuaBoxed {
  let image: Image

  init(_ image: Image) { self.image = image }

  static var luaName: String { "Image" }
  var luaExternalBytes: Int { image.samples.count }

  static let luaClass = LuaClass(
    ImageObject.self, "An image of 8-bit samples.",
    properties: [
      LuaProperty("width", "pixels across") { (i: ImageObject) in i.image.width },
      LuaProperty("height", "pixels down") { (i: ImageObject) in i.image.height },
      LuaProperty("format", "gray, grayAlpha, rgb or rgba") { (i: ImageObject) in "\(i.image.format)" },
    ],
    methods: [
      LuaMethod(
        "resize", "The image resized with linear interpolation.", Arg("width", "pixels", allowed: .within(1...65536)),
        Arg("height", "pixels", allowed: .within(1...65536)), returns: "an Image"
      ) { (i: ImageObject, width: Int, height: Int) in ImageObject(i.image.resized(width: width, height: height)) },
      LuaMethod("to_tensor", "Its samples by channel.", returns: "a uint8 Tensor of shape {1, channels, height, width}") {
        (i: ImageObject) in TensorObject(i.image.planes())
      },
    ],
    behaviors: [
      .toString { (i: ImageObject) in i.image.description },
      .forms { (i: ImageObject) in i.shown.png.map { ["image/png": Data($0).base64EncodedString()] } ?? [:] },
    ])

  /// The maximum width and height of a displayed image in pixels.
  private static let longestSide = 1024

  /// The image, scaled down if it exceeds the maximum size.
  private var shown: Image {
    let side = max(image.width, image.height)
    guard side > Self.longestSide else { return image }
    let scale = Double(Self.longestSide) / Double(side)
    return image.resized(
      width: max(1, Int((Double(image.width) * scale).rounded())), height: max(1, Int((Double(image.height) * scale).rounded())))
  }
}
