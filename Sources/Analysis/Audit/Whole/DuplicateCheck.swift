import GPTQ

/// Modules that hold the codes of another one: a shard or a layer that was written twice. And modules
/// whose codes say nothing at all.
struct DuplicateCheck: AuditCheck {
  private var places: [Int: [String]] = [:]
  private var dead: [String] = []
  private var clipped: [String] = []
  private var modules = 0

  mutating func examine(_ module: AuditModule) {
    modules += 1
    let codes = module.linear.codes.elements
    if isDead(module) {
      dead.append(module.name)
      return
    }
    // Rounding takes the largest weight of a group to one end of its grid at least.
    if module.linear.bits > 2, module.codes.low.count >= 64, module.codes.histogram[0] == 0,
      module.codes.histogram[module.maxCode] == 0,
      module.codes.histogram[1] + module.codes.histogram[module.maxCode - 1] > 0
    {
      clipped.append(module.name)
    }
    var hasher = Hasher()
    hasher.combine(codes.count)
    for place in stride(from: 0, to: codes.count, by: max(1, codes.count / 8192)) {
      hasher.combine(codes[place])
    }
    if codes.count >= 4096 { places[hasher.finalize(), default: []].append(module.name) }
  }

  /// Whether all weights are 0.
  private func isDead(_ module: AuditModule) -> Bool {
    module.codes.count > 0 && !module.codes.spread.contains { $0 > 0 }
      && module.codes.low.indices.allSatisfy {
        module.codes.low[$0] == module.codes.high[$0]
          && Int32(module.codes.low[$0]) == module.linear.grids.zeros.elements[$0]
      }
  }

  func findings() -> [AuditFinding] {
    var findings: [AuditFinding] = []
    let again: AuditSentence = .shared(.downloadOrQuantizeAgain)
    if !dead.isEmpty {
      findings.append(
        AuditFinding(
          .deadModule, .defective,
          evidence: .codes(.dead, dead.count, modules),
          modules: dead, cost: .codes(.deadCost),
          remedy: .codes(.deadRemedy)))
    }
    let twice = places.values.filter { $0.count > 1 }.map { $0.sorted() }.sorted { $0[0] < $1[0] }
    if let first = twice.first {
      findings.append(
        AuditFinding(
          .duplicatedModule, .defective,
          evidence: .codes(.duplicated, twice.count, first.joined(separator: " and ")),
          modules: twice.flatMap { $0 },
          cost: .codes(.duplicatedCost), remedy: again))
    }
    if !clipped.isEmpty {
      findings.append(
        AuditFinding(
          .clippedCodes, .defective,
          evidence:
            .codes(.clipped, clipped.count, modules),
          modules: clipped, cost: .codes(.clippedCost),
          remedy: .codes(.clippedRemedy)))
    }
    return findings
  }
}
