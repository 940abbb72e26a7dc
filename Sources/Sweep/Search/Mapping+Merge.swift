import Yams

extension Node.Mapping {
  /// The members, those of merge keys (`<<: *defaults`, YAML 1.1) in front. A member of the mapping's
  /// own wins over a merged one, an earlier merged mapping over a later one. Nil where a key is no text,
  /// where a merge key holds something else than mappings, and where they hold more than `budget`.
  func merged(budget: inout Int) -> [(name: String, value: Node)]? {
    var own: [(name: String, value: Node)] = []
    var sources: [Node] = []
    for (key, value) in self {
      budget -= 1
      guard let name = key.string, budget > 0 else { return nil }
      if key.isMergeKey {
        sources += value.sequence.map(Array.init) ?? [value]
      } else {
        own.append((name, value))
      }
    }
    if sources.isEmpty { return own }
    var known = Set(own.map(\.name))
    var merged: [(name: String, value: Node)] = []
    for source in sources {
      guard let members = source.mapping?.merged(budget: &budget) else { return nil }
      merged += members.filter { known.insert($0.name).inserted }
    }
    return merged + own
  }
}

extension Node {
  /// Whether this is `<<`, not quoted.
  fileprivate var isMergeKey: Bool { scalar?.style == .plain && scalar?.string == "<<" }
}
