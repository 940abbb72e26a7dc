import Foundation

/// The vocabulary of a tokenizer.json, as it stands there.
struct VocabularyFile {
  /// The id of each token.
  let ids: [String: Int]
  /// Tokens in the order in which they were learnt: that of the merges, or of falling scores; empty
  /// where the file does not say.
  let learnt: [String]
  /// Tokens added beside the model's, and their ids.
  let added: [String: Int]

  /// Reads `tokenizer.json` in `folder`; nil where there is none, or none that is JSON.
  init?(_ folder: URL) {
    guard let data = try? Data(contentsOf: folder.appendingPathComponent("tokenizer.json")),
      let root = (try? JSONSerialization.jsonObject(with: data)) as? [String: Any],
      let model = root["model"] as? [String: Any]
    else { return nil }
    var ids: [String: Int] = [:]
    var learnt: [String] = []
    if let vocabulary = model["vocab"] as? [String: Any] {
      for (token, id) in vocabulary { ids[token] = (id as? NSNumber)?.intValue }
      for merge in model["merges"] as? [Any] ?? [] {
        let parts =
          merge as? [String]
          ?? (merge as? String)?.split(separator: " ", maxSplits: 1).map(String.init) ?? []
        learnt.append(parts.joined())
      }
    } else if let pieces = model["vocab"] as? [[Any]] {
      var scores: [(token: String, score: Double)] = []
      for (id, piece) in pieces.enumerated() where piece.count == 2 {
        guard let token = piece[0] as? String, let score = piece[1] as? NSNumber else { continue }
        ids[token] = id
        scores.append((token, score.doubleValue))
      }
      // Ties keep the order of their ids, so that equal scores say nothing against it.
      learnt = scores.sorted { $0.score > $1.score }.map(\.token)
    }
    var added: [String: Int] = [:]
    for token in root["added_tokens"] as? [[String: Any]] ?? [] {
      if let content = token["content"] as? String, let id = token["id"] as? NSNumber {
        added[content] = id.intValue
      }
    }
    (self.ids, self.learnt, self.added) = (ids, learnt, added)
  }

  /// The greatest id.
  var greatest: Int { max(ids.values.max() ?? -1, added.values.max() ?? -1) }

  /// The correlation of ids with the order in which tokens were learnt: near 1 in the files that
  /// trainers write, where ids are handed out as tokens are learnt; nil for fewer than 1,000.
  var order: Double? {
    let places = learnt.enumerated().compactMap { place, token in
      ids[token].map { (Double(place), Double($0)) }
    }
    guard places.count >= 1000 else { return nil }
    let count = Double(places.count)
    let (meanX, meanY) = (
      places.reduce(0) { $0 + $1.0 } / count, places.reduce(0) { $0 + $1.1 } / count
    )
    var (xy, xx, yy) = (0.0, 0.0, 0.0)
    for (x, y) in places {
      xy += (x - meanX) * (y - meanY)
      xx += (x - meanX) * (x - meanX)
      yy += (y - meanY) * (y - meanY)
    }
    return xx > 0 && yy > 0 ? xy / (xx * yy).squareRoot() : nil
  }
}
