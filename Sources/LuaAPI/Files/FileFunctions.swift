// SPDX-License-Identifier: Apache-2.0
// The wane functions that load and save array and image files.

import DataFiles
import LuaHost
import Tensors

enum FileFunctions {
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
    LuaFunction("load_image", "Read a PNG or JPEG image.", Arg("path", "the file"), returns: "an Image") {
      (path: PathArgument) in ImageObject(try ImageFile.read(path.path))
    },
  ]
}
