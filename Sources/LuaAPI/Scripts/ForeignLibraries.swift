// SPDX-License-Identifier: Apache-2.0
// Hints for names of Python libraries.

enum ForeignLibraries {
  private static let arrays = "arrays are Tensors: wane.tensor{ {1, 2}, {3, 4} }, wane.load_npz(path)"
  private static let models = "wane is loaded already: model = wane.load(path); docs/coming-from-coremltools.md has the rest"
  private static let training = "networks are made of wane.nn and trained by wane.trainer(model)"
  private static let plots = "charts are drawn by report:plot{} and wane.plot(rows, { x =, y = })"

  /// Hints by the name of a Python module, or of the variable that conventionally refers to it.
  static let names: [String: String] = [
    "np": arrays, "numpy": arrays, "ct": models, "cto": models, "coremltools": models, "torch": training, "nn": training,
    "tf": training, "tensorflow": training, "keras": training, "plt": plots, "matplotlib": plots,
    "pd": "tables of numbers are wane.load_npz(path), or a module of your own", "pandas": "tables of numbers are wane.load_npz(path)",
    "PIL": "images are read by wane.load_image(path)", "cv2": "images are read by wane.load_image(path)",
    "onnx": "Wane converts ONNX files: wane.convert(path)", "onnxruntime": "Wane runs .mlpackage files: wane.load(path):predict{ … }",
    // The variable that truncated tables mention in their text.
    "report": "at the prompt _ is the value shown last: _:print{ all = true }", "difference": "at the prompt _ is the value shown last",
    "history": "at the prompt _ is the value shown last", "benchmark": "at the prompt _ is the value shown last: _.profile",
    "plan": "at the prompt _ is the value shown last: _.values",
    "wane": "wane is loaded already", "time": "wane.clock() gives seconds; os.time() the time of day",
    "table arithmetic": "tables have no arithmetic; wane.tensor(t) makes a Tensor of numbers",
  ]
}
