import Results

/// What is said of a model's experts.
extension FindingWords {
  /// Experts that calibration hardly reached, in plain words.
  func coverage(_ coverage: ExpertCoverage) -> String {
    let all = NumberText.count(coverage.experts.count)
    var parts: [String] = []
    if !coverage.unseen.isEmpty {
      let fate =
        coverage.unseen.contains(where: \.isPooled)
        ? "they were solved on the tokens of the others" : "they were rounded to nearest"
      parts.append(
        "\(coverage.unseen.count) of \(all) experts got no calibration token"
          + " (\(places(coverage.unseen))): \(fate)")
    }
    let cold = coverage.cold.filter { !$0.isPooled }
    if !cold.isEmpty {
      parts.append(
        "\(cold.count) of \(all) experts saw fewer than \(coverage.minTokens) tokens"
          + " (\(places(cold))): they are round-to-nearest in all but name")
    }
    if coverage.cold.count > cold.count {
      parts.append(
        "\(coverage.cold.count - cold.count) with fewer than \(coverage.minTokens) tokens of their"
          + " own were solved on those of all experts of their layer")
    }
    let deficient = coverage.deficient
    if let fewest = deficient.filter({ $0.tokens > 0 }).min(by: { $0.tokens < $1.tokens }) {
      parts.append(
        "\(deficient.count) of \(all) saw fewer tokens than their linears have inputs, so that damping"
          + " decides where their tokens say nothing; the fewest, above none, are \(fewest.tokens) in"
          + " expert \(fewest.expert) of layer \(fewest.layer)")
    }
    return parts.joined(separator: ". ") + "."
  }

  /// Tokens that change their experts.
  func drift(_ least: RoutingDrift, _ most: RoutingDrift) -> String {
    func share(_ value: Double) -> String { "\(NumberText.significant(100 * value, 2)) %" }
    let first =
      "#\(least.trial) sends \(share(least.mean)) of the held-out tokens to other experts than the base"
      + " in a layer's mean, at most \(share(least.worst)) (layer \(least.worstLayer))"
    guard least.trial != most.trial else { return first + "." }
    return first
      + "; #\(most.trial) \(share(most.mean)), at most \(share(most.worst))"
      + " (layer \(most.worstLayer))."
  }

  /// Experts by layer: `layer 3: 5, 17; layer 4: 1`.
  private func places(_ experts: [ExpertCoverage.Expert]) -> String {
    let layers = Dictionary(grouping: experts, by: \.layer).sorted { $0.key < $1.key }
    let texts = layers.prefix(4).map { layer, experts in
      let numbers = experts.prefix(8).map { String($0.expert) }.joined(separator: ", ")
      return "layer \(layer): \(numbers)"
        + (experts.count > 8 ? " and \(experts.count - 8) more" : "")
    }
    let rest = layers.count - texts.count
    return texts.joined(separator: "; ") + (rest > 0 ? "; and \(rest) more layers" : "")
  }
}
