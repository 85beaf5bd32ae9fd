// SPDX-License-Identifier: Apache-2.0
// Applies a recipe to the weights of a program.

import Encodings
import MIL
import Options
import Rules
import Tensors
import WeightStorage

/// A compressed program and its report.
package struct CompressionResult: Sendable {
  package var program: Program
  /// The opset that the program requires; the package's specification version is derived from it.
  package var opset: Opset
  package var report: CompressionReport

  package init(program: Program, opset: Opset, report: CompressionReport) {
    self.program = program
    self.opset = opset
    self.report = report
  }
}

/// The progress of a compression.
package struct CompressionProgress: Sendable {
  package let done: Int
  package let total: Int
  /// The name of the next weight.
  package let weight: String

  package init(done: Int, total: Int, weight: String) {
    self.done = done
    self.total = total
    self.weight = weight
  }
}

/// Applies recipes to programs.
///
/// It is deterministic: equal programs and recipes produce equal results.
package struct Compressor {
  /// The weights of each operator type.
  package let table: WeightTable
  /// Whether this is a dry run: nothing is clustered, and sizes are predicted.
  package var isDryRun: Bool
  /// How rules that match nothing are handled.
  package var unmatched: UnmatchedPolicy
  /// Whether a selector that selects nothing is handled as an unmatched rule. This is not the case if the values it
  /// reads are only predicted.
  package var judgesSelector: Bool
  /// The cancellation check, polled between weights and during long searches.
  package var isCancelled: @Sendable () -> Bool
  package var progress: @Sendable (CompressionProgress) -> Void
  /// Whether only rules and forms are checked: nothing is compressed, and the program stays as it is.
  package var checksOnly = false
  /// The techniques whose suffixes are removed from names of weights.
  package var techniques: Techniques
  /// Where the statistics of weights come from; `nil` without calibration.
  package var statistics: (any WeightStatisticsSource)?

  package init(
    _ table: WeightTable, isDryRun: Bool = false, techniques: Techniques = .standard, unmatched: UnmatchedPolicy = .refuse,
    judgesSelector: Bool = true, isCancelled: @escaping @Sendable () -> Bool = { false },
    progress: @escaping @Sendable (CompressionProgress) -> Void = { _ in }
  ) {
    self.table = table
    self.isDryRun = isDryRun
    self.techniques = techniques
    self.unmatched = unmatched
    self.judgesSelector = judgesSelector
    self.isCancelled = isCancelled
    self.progress = progress
  }

  /// Compresses the weights of a program.
  ///
  /// The program of a dry run has the correct structure and sizes, so that the next step can be predicted from it,
  /// but not the correct values.
  ///
  /// - Throws: `CompressionError` if the recipe cannot be applied, before any weight is compressed; `RuleError` if
  ///   rules match nothing; any error from a user's function.
  package func compress(_ program: Program, _ recipe: Recipe) throws -> CompressionResult {
    try recipe.validate(table)
    let named = program.namingInlineTensors()
    let opset = named.opset
    let sites = try named.weightSites(table, suffixes: techniques.suffixes)
    let unmatched = try recipe.rules.unmatched(in: RuleScope(named.functions, sites))
    try self.unmatched.handle(unmatched, step: recipe.step)
    let entries = WeightEntry.entries(sites, of: named)
    var jobs: [Job] = []
    for (site, entry) in zip(sites, entries) { jobs += try plan(site, entry, recipe, opset) }
    try checkSelector(jobs, recipe, of: sites.count)
    for job in jobs { try check(job, opset) }
    if checksOnly { return CompressionResult(program: program, opset: opset, report: CompressionReport(isDryRun: true)) }

    if isCancelled() { throw CompressionError.cancelled }
    let outcomes = try run(jobs, recipe, max(opset, .iOS16))
    let rows = outcomes.map {
      CompressionReport.Row(
        $0.entry, function: $0.job.site.function, before: $0.job.site.weight, after: $0.weight ?? $0.job.site.weight)
    }
    let report = CompressionReport(rows, functions: named.functions.map(\.name), isDryRun: isDryRun)
    let replacements = replacements(outcomes)
    guard !replacements.isEmpty else {
      return CompressionResult(program: program, opset: opset, report: report)
    }
    let raised = named.raised(to: .iOS16)
    return CompressionResult(
      program: try WeightRewrite.apply(replacements, to: raised, opset: raised.opset),
      opset: raised.opset, report: report)
  }

  // MARK: Decisions

  /// A weight with one setting. A shared weight that is split has several jobs.
  private struct Job {
    let site: WeightSite
    let entry: WeightEntry
    let consumers: [Consumer]
    let resolution: Resolution
    /// The reason for skipping the weight, if it is known without reading its elements.
    let skip: SkipReason?
    /// Whether the selector `where` applies to the weight.
    let isSelected: Bool
    /// Whether the weight has other jobs.
    let isSplit: Bool

    var technique: (any Technique)? { skip == nil ? resolution.technique : nil }
  }

  private struct Outcome {
    let job: Job
    var entry: CompressionReport.Entry
    var weight: EncodedWeight?
  }

  private func plan(_ site: WeightSite, _ entry: WeightEntry, _ recipe: Recipe, _ opset: Opset) throws -> [Job] {
    guard !site.consumers.isEmpty else {
      return [
        Job(
          site: site, entry: entry, consumers: [], resolution: .nothing,
          skip: site.isBlockOutput ? .blockOutput : .unused, isSelected: false, isSplit: false)
      ]
    }
    var groups: [(resolution: Resolution, consumers: [Consumer])] = []
    for consumer in site.consumers {
      let resolution = try recipe.resolve(site, consumer)
      if let at = groups.firstIndex(where: { $0.resolution.agrees(with: resolution) }) {
        groups[at].consumers.append(consumer)
      } else {
        groups.append((resolution, [consumer]))
      }
    }
    if groups.count > 1 {
      switch recipe.tied {
      case .first: groups = [(groups[0].resolution, site.consumers)]
      case .split: break
      case .error:
        throw CompressionError.conflict(
          weight: site.name, first: groups[0].consumers[0].operatorName,
          firstSetting: groups[0].resolution.description,
          second: groups[1].consumers[0].operatorName,
          secondSetting: groups[1].resolution.description)
      }
    }
    let isSelected = try recipe.selector?(entry, context(entry, site, opset)) ?? true
    let jobs = groups.flatMap { group in
      let skip = reasonToSkip(site, group.resolution, recipe) ?? (isSelected ? nil : .notSelected)
      let needsAxes = skip == nil && group.resolution.technique?.needsAxes == true
      let parts =
        recipe.tied == .split && needsAxes ? Self.agreeing(group.consumers, rank: site.weight.shape.count) : [group.consumers]
      return parts.map {
        Job(site: site, entry: entry, consumers: $0, resolution: group.resolution, skip: skip, isSelected: isSelected, isSplit: false)
      }
    }
    return jobs.count == 1
      ? jobs
      : jobs.map {
        Job(
          site: $0.site, entry: $0.entry, consumers: $0.consumers, resolution: $0.resolution, skip: $0.skip, isSelected: $0.isSelected,
          isSplit: true)
      }
  }

  /// Groups the consumers by their channel axes, in the original order within each group.
  private static func agreeing(_ consumers: [Consumer], rank: Int) -> [[Consumer]] {
    var groups: [[Consumer]] = []
    for consumer in consumers {
      if let at = groups.firstIndex(where: { $0[0].channelAxes(rank: rank) == consumer.channelAxes(rank: rank) }) {
        groups[at].append(consumer)
      } else {
        groups.append([consumer])
      }
    }
    return groups
  }

  /// Handles a selector that applies to no weight like an unmatched rule.
  private func checkSelector(_ jobs: [Job], _ recipe: Recipe, of count: Int) throws(RuleError) {
    guard recipe.selector != nil, judgesSelector, !recipe.rules.allowsUnmatched, !jobs.contains(where: \.isSelected) else { return }
    let rule = UnmatchedRule(rule: "where", reason: "chooses none of \(count) weights")
    try unmatched.handle([rule], step: recipe.step)
  }

  private func reasonToSkip(_ site: WeightSite, _ resolution: Resolution, _ recipe: Recipe)
    -> SkipReason?
  {
    guard let technique = resolution.technique else { return .leftAlone(rule: resolution.rule) }
    let weight = site.weight
    if site.isBlockOutput { return .blockOutput }
    if weight.shape.count < 2 { return .rank(weight.shape.count) }
    if weight.count <= technique.weightThreshold {
      return .small(count: weight.count, threshold: technique.weightThreshold)
    }
    guard weight.scheme != [] else { return nil }
    if !recipe.joint { return .alreadyCompressed(weight.scheme) }
    if technique.looksAtStoredValues, let stored = weight.storedValues, stored < Constant.leastWeightCount { return .fewStored(stored) }
    return nil
  }

  /// Throws an error for what the format does not support, before anything is compressed.
  private func check(_ job: Job, _ opset: Opset) throws {
    guard let technique = job.technique else { return }
    if let (needs, feature) = technique.requirement, opset < needs {
      throw WeightStorageError.needsOpset(weight: job.site.name, feature: feature, needs: needs, has: opset)
    }
    if statistics == nil, !isDryRun, !technique.needs.isEmpty {
      throw CompressionError.noStatistics(technique: technique.kind.name, algorithm: technique.algorithmName, needed: technique.needs)
    }
    guard job.site.weight.scheme != [], !technique.replacesStorage else { return }
    let name = technique.kind.name
    if case .refused(let reason) = technique.joint(with: job.site.weight.scheme) {
      throw CompressionError.cannotJoin(
        weight: job.site.name, present: job.site.weight.scheme, technique: name, reason: reason)
    }
    guard opset >= .iOS18 else {
      throw WeightStorageError.needsOpset(
        weight: job.site.name, feature: "joint compression (\(name) after \(job.site.weight.scheme))", needs: .iOS18,
        has: opset)
    }
  }

  // MARK: Work

  private func run(_ jobs: [Job], _ recipe: Recipe, _ opset: Opset) throws -> [Outcome] {
    var tasks: [WeightTask] = []
    var names: [String] = []
    for job in jobs {
      guard let technique = job.technique else { continue }
      tasks.append(
        WeightTask(weight: job.site.weight, technique: technique, context: context(job, recipe, opset)))
      names.append(job.site.name)
    }
    func tell(_ done: Int) {
      guard done < tasks.count else { return }
      progress(CompressionProgress(done: done, total: tasks.count, weight: names[done]))
    }
    tell(0)
    let sites = jobs.filter { $0.technique != nil }.map(\.site)
    var missing = [String?](repeating: nil, count: tasks.count)
    let all: [Result<WeightTask.Outcome, any Error>]
    let needsStatistics = tasks.contains { !$0.technique.needs.isEmpty }
    if let statistics, !isDryRun, needsStatistics {
      (all, missing) = try run(tasks, of: sites, statistics, tell)
    } else {
      if isDryRun, needsStatistics {
        missing = zip(sites, tasks).map { expectedToMiss($0, $1.technique.needs) }
        for i in tasks.indices { tasks[i].context.expectsStatistics = missing[i] == nil }
      }
      all = try WeightTask.run(tasks, unless: isCancelled, progress: tell)
    }
    var results = zip(all, missing).makeIterator()
    return try jobs.map { job in
      var outcome = Outcome(job: job, entry: untouched(job), weight: nil)
      guard let technique = job.technique, let (result, missing) = results.next() else { return outcome }
      do {
        let done = try result.get()
        outcome.weight = done.weight
        outcome.entry.action = technique.kind.action
        let missing = technique.needs.isEmpty ? nil : missing.map { "no \(technique.needs.joined(separator: ", ")): \($0)" }
        outcome.entry.reason = ([job.resolution.rule] + done.remarks + [missing].compactMap { $0 }).filter { !$0.isEmpty }
          .joined(separator: "; ")
        outcome.entry.outputSNRDB = done.outputSNRDB
        outcome.entry.algorithm = technique.algorithmName
        outcome.entry.scheme = done.weight.scheme.description
        outcome.entry.bits = done.weight.bitsPerWeight
        outcome.entry.bytesAfter = done.weight.byteCount
        outcome.entry.snrDB = done.snrDB
      } catch let reason as SkipReason {
        outcome.entry.reason = reason.description
      } catch let error as EncodingError {
        throw WeightStorageError.encoding(weight: job.site.name, error)
      }
      return outcome
    }
  }

  /// The reason why a weight will have no statistics. Without a source, all weights have gradients, and those of products
  /// have statistics of inputs.
  private func expectedToMiss(_ site: WeightSite, _ needs: [String]) -> String? {
    if let statistics { return statistics.missing(site) }
    if needs == ["squared_gradients"] { return nil }
    let products: Set<LayerKind> = [.linear, .product, .convolution]
    return site.consumers.contains { $0.traits.layer.map(products.contains) ?? false } ? nil : "it is no factor of a product"
  }

  /// Runs the tasks in the groups of the source, so that the statistics of later groups can depend on earlier results.
  ///
  /// - Returns: the results in the order of the tasks, and the reasons for missing statistics.
  private func run(
    _ tasks: [WeightTask], of sites: [WeightSite], _ source: any WeightStatisticsSource, _ tell: (Int) -> Void
  ) throws -> ([Result<WeightTask.Outcome, any Error>], [String?]) {
    var results = [Result<WeightTask.Outcome, any Error>?](repeating: nil, count: tasks.count)
    var missing = [String?](repeating: nil, count: tasks.count)
    var done = 0
    for group in try source.groups(sites) {
      if isCancelled() { throw CompressionError.cancelled }
      let found = try source.statistics(group.map { sites[$0] })
      var own = group.map { tasks[$0] }
      for (i, outcome) in found.enumerated() {
        switch outcome {
        case .found(let statistics): own[i].context.statistics = statistics
        case .missing(let reason): missing[group[i]] = reason
        }
      }
      for task in own { if let statistics = task.context.statistics { task.technique.prepare(statistics) } }
      let made = try WeightTask.run(own, unless: isCancelled) { tell(done + $0) }
      for (index, result) in zip(group, made) { results[index] = result }
      try source.replaced(
        zip(group, made).compactMap { index, result in (try? result.get()).map { (sites[index], $0.weight) } })
      done += group.count
    }
    return (results.map { $0 ?? .failure(CompressionError.cancelled) }, missing)
  }

  /// The report entry of a weight that is unchanged.
  private func untouched(_ job: Job) -> CompressionReport.Entry {
    let site = job.site
    return CompressionReport.Entry(
      name: site.name, opType: job.consumers.first?.operatorType ?? "",
      opName: job.consumers.first?.operatorName ?? "",
      action: CompressionReport.skippedAction, reason: job.skip?.description ?? "",
      scheme: site.weight.scheme.description,
      bits: site.weight.bitsPerWeight, count: site.weight.count, bytesBefore: site.weight.byteCount,
      bytesAfter: site.weight.byteCount)
  }

  private func context(_ job: Job, _ recipe: Recipe, _ opset: Opset) -> WeightContext {
    var axes = job.site.channelAxes
    if job.isSplit || recipe.tied == .first {
      let first = job.consumers[0].channelAxes(rank: job.site.weight.shape.count)
      axes = (first.output, first.input)
    }
    return WeightContext(
      name: job.site.name, outputAxis: axes.output, inputAxis: axes.input, consumers: job.consumers,
      opset: opset,
      isNamed: job.resolution.isNamed, compatible: recipe.compatible, isDryRun: isDryRun,
      entry: job.entry, isCancelled: isCancelled)
  }

  /// The context of a weight before it is decided what is done with it.
  private func context(_ entry: WeightEntry, _ site: WeightSite, _ opset: Opset) -> WeightContext {
    let axes = site.channelAxes
    return WeightContext(
      name: site.name, outputAxis: axes.output, inputAxis: axes.input, consumers: site.consumers, opset: opset, isDryRun: isDryRun,
      entry: entry, isCancelled: isCancelled)
  }

  /// The weights that changed.
  ///
  /// A split weight keeps its original form for the consumers that are not compressed.
  private func replacements(_ outcomes: [Outcome]) -> [WeightReplacement] {
    var replacements: [WeightReplacement] = []
    var next = 0
    while next < outcomes.count {
      let job = outcomes[next].job
      let parts =
        job.isSplit
        ? outcomes[next...].prefix { $0.job.site.isSame(as: job.site) } : outcomes[next...next]
      next += parts.count
      guard parts.contains(where: { $0.weight != nil }) else { continue }
      replacements.append(
        WeightReplacement(
          site: job.site,
          parts: parts.map { part in
            WeightReplacement.Part(
              weight: part.weight ?? job.site.weight, name: name(part),
              uses: job.isSplit ? Set(part.job.consumers.map(\.use)) : nil)
          }))
    }
    return replacements
  }

  /// The suffix describes the operator that a step appended. Steps that only change earlier operators keep the name.
  private func name(_ outcome: Outcome) -> String {
    let site = outcome.job.site
    guard let made = outcome.weight, let technique = outcome.job.technique, made.scheme != [] || !technique.replacesStorage,
      site.weight.scheme == [] || made.scheme.subtracting(site.weight.scheme).contains(.sparse)
    else {
      return site.valueName
    }
    return site.operationName + technique.suffix(of: made)
  }
}

extension EncodedWeight {
  /// The number of values that a further step would compress: the nonzero ones, or those of the tables.
  fileprivate var storedValues: Int? {
    switch self {
    case .sparse(.plain(_, let nonzero)), .sparse(.blockwise(.plain(_, let nonzero), _, _)): nonzero.count
    case .palette(_, let lut, _), .sparse(.palette(_, let lut, _)): lut.count
    default: nil
    }
  }
}
