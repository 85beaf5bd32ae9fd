// SPDX-License-Identifier: Apache-2.0
// Core ML's kinds of models, which a model file indicates by a field number.

/// Core ML's model kinds by field number in Model.proto.
enum ModelKind {
  static let names: [Int: String] = [
    200: "pipelineClassifier", 201: "pipelineRegressor", 202: "pipeline",
    300: "glmRegressor", 301: "supportVectorRegressor", 302: "treeEnsembleRegressor",
    303: "neuralNetworkRegressor", 304: "bayesianProbitRegressor",
    400: "glmClassifier", 401: "supportVectorClassifier", 402: "treeEnsembleClassifier",
    403: "neuralNetworkClassifier", 404: "kNearestNeighborsClassifier",
    500: "neuralNetwork", 501: "itemSimilarityRecommender", 502: "mlProgram",
    555: "customModel", 556: "linkedModel", 560: "classConfidenceThresholding",
    600: "oneHotEncoder", 601: "imputer", 602: "featureVectorizer", 603: "dictVectorizer",
    604: "scaler",
    606: "categoricalMapping", 607: "normalizer", 609: "arrayFeatureExtractor",
    610: "nonMaximumSuppression",
    900: "identity",
    2000: "textClassifier", 2001: "wordTagger", 2002: "visionFeaturePrint",
    2003: "soundAnalysisPreprocessing",
    2004: "gazetteer", 2005: "wordEmbedding", 2006: "audioFeaturePrint",
    3000: "serializedModel",
  ]

  /// The model kind that the fields indicate; `nil` for a file that is not a model.
  static func sniff(_ bytes: UnsafeRawBufferPointer) -> String? {
    var reader = WireReader(bytes)
    do {
      while let field = try reader.nextField() {
        if let name = names[field.number] { return name }
        try reader.skip(field)
      }
    } catch {
      return nil
    }
    return nil
  }
}
