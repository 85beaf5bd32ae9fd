// SPDX-License-Identifier: Apache-2.0
// The wane functions that load and save array and image files.

import DataFiles
import LuaHost
import Options
import Tensors

enum FileFunctions {
  private enum ImageOptions {
    static let orient = LuaOption("orient", "turn it as the EXIF data of the camera say", default: false)
    static let table = LuaOptionTable("LoadImageOptions", [orient])
  }

  private enum SoundOptions {
    static let rate = LuaOption<Int?>(
      "rate", "samples a second, to which it is converted with the filter of scipy.signal.resample_poly",
      allowed: .within(1...Double(RateConversion.highestRate)))
    static let mono = LuaOption("mono", "the mean of the channels", default: false)
    static let table = LuaOptionTable("LoadAudioOptions", [rate, mono])
  }

  static let all: [LuaFunction] = [
    LuaFunction("load_npy", "Read a NumPy array.", Arg("path", "an .npy file"), returns: "a Tensor") {
      (path: PathArgument) in TensorObject(try NPY.read(path.path))
    },
    LuaFunction("save_npy", "Write a NumPy array.", Arg("path", "an .npy file; replaced"), Arg("tensor", "what to write")) {
      (path: PathArgument, value: TensorArgument) in try NPY.write(value.tensor, to: path.path)
    },
    LuaFunction("load_npz", "Read all arrays of a NumPy archive.", Arg("path", "an .npz file"), returns: "a table of Tensors by name") {
      (path: PathArgument) in try NPZ.read(path.path).mapValues { TensorObject($0) }
    },
    LuaFunction(
      "save_npz",
      "Write a NumPy archive. Strings and lists of strings become text arrays, numbers by name two arrays, NAME and NAME_labels.",
      Arg("path", "an .npz file; replaced"), Arg("arrays", "a table of Tensors by name")
    ) { (path: PathArgument, arrays: [String: ArchiveArgument]) in
      try NPZ.write(entries: arrays.sorted { $0.key < $1.key }.flatMap { $0.value.arrays($0.key) }, to: path.path)
    },
    LuaFunction(
      "load_image", "Read a PNG or JPEG image, as Pillow does.", Arg("path", "the file"), .options(ImageOptions.table), returns: "an Image"
    ) { (path: PathArgument, options: LuaOptions) in
      ImageObject(try ImageFile.read(path.path, turns: options[ImageOptions.orient]))
    },
    LuaFunction(
      "save_image", "Write a PNG image.", Arg("path", "a .png file; replaced"),
      Arg<LuaValue>(
        "image", "an Image, or a uint8 Tensor of the shape {height, width} or {channels, height, width}, as of image:to_tensor()"),
      .context
    ) { (path: PathArgument, value: LuaValue, context: LuaContext) in
      let image = value.object(ImageObject.self)?.image ?? value.object(TensorObject.self).flatMap { Image(planes: $0.tensor) }
      guard let image else {
        let found = value.object(TensorObject.self).map { "a \($0.tensor.dtype) Tensor of the shape \($0.tensor.shape)" }
        throw LuaError(
          .usage,
          "save_image: expected an Image or a uint8 Tensor of 1 to 4 channels, got \(found ?? context.interpreter.typeName(of: value))",
          hint: "(t * 255):round():cast(\"uint8\")")
      }
      try image.write(to: path.path)
    },
    LuaFunction(
      "load_audio", "Read a sound: WAV, FLAC or Ogg.", Arg<PathArgument>("path", "the file"), .options(SoundOptions.table),
      returns: "a float32 Tensor of the shape {channels, samples}, with mono {samples}, from -1 to 1; and the samples a second",
      type: .object("Tensor")
    ) { (path: PathArgument, options: LuaOptions) in
      let sound = try SoundFile(path.path)
      let rate = options[SoundOptions.rate] ?? sound.format.rate
      let frames = RateConversion.frames(sound.format.frames, from: sound.format.rate, to: rate)
      let channels = try sound.read(0..<frames, at: rate, mixes: options[SoundOptions.mono])
      let shape = options[SoundOptions.mono] ? [frames] : [channels.count, frames]
      return LuaResults(TensorObject(Tensor(channels.flatMap { $0 }, shape: shape)), rate)
    },
  ]
}
