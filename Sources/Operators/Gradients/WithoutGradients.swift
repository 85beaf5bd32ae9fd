// SPDX-License-Identifier: Apache-2.0
// Operators without gradients, and why.

extension Argsort { static let gradient = Gradient.integers }
extension Const { static let gradient = Gradient.constant }
extension ShapeOf { static let gradient = Gradient.integers }
extension Fill { static let gradient = Gradient.none("its value is given as a constant") }
extension FillLike { static let gradient = Gradient.none("its value is given as a constant") }
extension Range1D { static let gradient = Gradient.none("how many elements it has depends on its inputs") }
extension OneHot { static let gradient = Gradient.none("it depends on integers only") }
extension ConstexprOperator { static var gradient: Gradient { .constant } }
extension DistributionOperator { static var gradient: Gradient { .random } }
extension RandomCategorical { static let gradient = Gradient.random }
extension NonZero { static let gradient = Gradient.integers }
extension NonMaximumSuppressionOperator {
  static let gradient = Gradient.none("which boxes stay depends on comparisons")
}
extension Classify { static let gradient = Gradient.none("its results are labels") }
extension MakeList { static let gradient = Gradient.lists }
extension ListLength { static let gradient = Gradient.integers }
extension ListWrite { static let gradient = Gradient.lists }
extension ListRead { static let gradient = Gradient.lists }
extension ListGather { static let gradient = Gradient.lists }
extension ListScatter { static let gradient = Gradient.lists }
extension ReadState { static let gradient = Gradient.states }
extension WriteState { static let gradient = Gradient.states }
extension UpdateState { static let gradient = Gradient.states }
extension Resample { static let gradient = Gradient.sampling }
extension Affine { static let gradient = Gradient.sampling }
extension CropResize { static let gradient = Gradient.sampling }
extension IntegerOperator { package static var gradient: Gradient { .integers } }
extension ResetAfterGRU { package static let gradient = Gradient.none("it stands for a loop only while running") }

extension Gradient {
  fileprivate static let lists = Gradient.none("gradients do not go through lists")
  fileprivate static let states = Gradient.none("gradients do not go from one prediction to the next")
  fileprivate static let sampling = Gradient.none("gradients do not go through samples at given places")
}
