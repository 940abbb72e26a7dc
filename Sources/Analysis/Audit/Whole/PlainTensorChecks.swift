import Basics
import Foundation
import GPTQ
import Model
import Tensor

/// Norms, embeddings, the head, biases and linears that are not quantized: each beside the base's, or
/// alone.
struct PlainTensorChecks {
  let reader: GPTQCheckpointReader
  let base: ModelWeights?
  /// Whether `lm_head` is the embedding, as config.json has it.
  let tiesEmbeddings: Bool
  /// Whether the family multiplies by the stored weight itself, as far as config.json can be read.
  let hasPlainGains: Bool
  /// Norms whose weights were moved against the linears that read them: the same function.
  let smoothed: Set<String>

  private(set) var findings: [AuditFinding] = []
  private(set) var coverage: [AuditCoverage.Item] = []
  /// Whether the embeddings are the base's turned by one orthogonal matrix.
  private(set) var isTurned = false

  private var broken: [(name: String, count: Int)] = []
  private var minusOne: [String] = []
  private var emptied: [String] = []
  private var emptiedRows: [(name: String, count: Int)] = []
  private var added: [String] = []
  private var rounded: [(name: String, rounding: AuditSentence)] = []
  private var moved: [(name: String, error: Double, pattern: NormPattern?)] = []
  private var norms: [(name: String, isConstant: Bool)] = []

  init(
    _ reader: GPTQCheckpointReader, base: ModelWeights?, tiesEmbeddings: Bool,
    hasPlainGains: Bool, smoothed: Set<String>
  ) {
    self.hasPlainGains = hasPlainGains
    self.reader = reader
    self.base = base
    self.tiesEmbeddings = tiesEmbeddings
    self.smoothed = smoothed
  }

  /// Looks at all of them.
  mutating func run() throws(InputError) {
    let tensors = PlainTensor.all(of: reader)
    for tensor in tensors { try examine(tensor, among: tensors) }
    try examineTie()
    if base == nil {
      try examineHead()
      try examineSequence()
      examineConstants()
    }
    report()
    if let base { findMissing(in: base) }
  }

  private mutating func examine(
    _ tensor: PlainTensor, among tensors: [PlainTensor]
  ) throws(InputError) {
    guard tensor.format != nil, tensor.shape.count <= 2 else {
      coverage.append(
        .init(tensor.name, .notLooked, .tensors(.unknownType, tensor.dtype, tensor.shape)))
      return
    }
    let original = originalName(of: tensor)
    let found = try TensorComparison(tensor, of: reader.tensors, base: base, original: original)
    coverage.append(
      .init(
        tensor.name, found.hasBase ? .compared : .alone, found.result(storedAs: tensor.dtype)))
    if found.nonFinite > 0 {
      broken.append((tensor.name, found.nonFinite))
      return
    }
    guard !found.isBase else { return }
    if found.count > 0, found.zeros == found.count {
      if tensor.role != .bias || found.hasBase { emptied.append(tensor.name) }
      return
    }
    if found.hasBase {
      guard !smoothed.contains(tensor.name) else { return }
      if let base, tensor.name == "model.embed_tokens.weight", found.relativeError > Self.slight,
        try TablePattern.isTurned(tensor, of: reader.tensors, base: base, original: original)
      {
        isTurned = true
        return
      }
      if let rounding = try rounding(of: tensor, found) {
        rounded.append((tensor.name, rounding))
      } else {
        moved.append(
          (tensor.name, found.relativeError, try pattern(of: tensor, original, among: tensors)))
      }
      return
    }
    if hasPlainGains, tensor.role == .norm, found.count >= 16, found.negative * 2 > found.count {
      minusOne.append(tensor.name)
    }
    if tensor.role == .norm, found.count >= 16 {
      norms.append((tensor.name, found.isConstant))
    }
    if base == nil, tensor.role == .embedding || tensor.role == .head,
      found.innerZeroRows * 100 > tensor.shape[0]
    {
      emptiedRows.append((tensor.name, found.innerZeroRows))
    }
    if base == nil, let rounding = try rounding(of: tensor, found) {
      rounded.append((tensor.name, rounding))
    }
    if base != nil, tensor.role == .bias { added.append(tensor.name) }
  }

  /// A head that is nearly the embedding, and not quite: one of the two is of another time.
  private mutating func examineHead() throws(InputError) {
    guard !tiesEmbeddings, let found = try headBesideTable(), found.hasBase,
      found.relativeError > 0.1, found.relativeError < 0.6
    else { return }
    findings.append(
      AuditFinding(
        .movedTensor, .suspect,
        evidence: .tensors(.staleHead, Self.head, percent(found.relativeError, of: 1)),
        modules: [Self.head],
        cost: .tensors(.staleHeadCost),
        remedy: .tensors(.staleHeadRemedy)))
  }

  private static let head = "lm_head.weight"

  /// The checkpoint's own head held against its embedding; nil where it has not both.
  private func headBesideTable() throws(InputError) -> TensorComparison? {
    let table = "model.embed_tokens.weight"
    guard reader.tensors.contains(Self.head), reader.tensors.contains(table),
      let entry = reader.tensors.file(of: Self.head)?.entries[Self.head]
    else { return nil }
    let tensor = PlainTensor(name: Self.head, dtype: entry.dtype, shape: entry.shape)
    guard tensor.format != nil else { return nil }
    return try TensorComparison(
      tensor, of: reader.tensors, base: ModelWeights(reader.tensors), original: table)
  }

  /// Norms of one layer that continue each other's sequences over the layers.
  private mutating func examineSequence() throws(InputError) {
    let layers = try NormSequence.exchanged(in: reader.tensors)
    guard let first = layers.first else { return }
    let more: AuditSentence = layers.count > 1 ? .tensors(.andMoreLayers, layers.count - 1) : .empty
    findings.append(
      AuditFinding(
        .movedTensor, .suspect,
        evidence: .tensors(.exchangedNorms, first, more),
        modules: layers.map { "model.layers.\($0)" },
        cost: .tensors(.exchangedNormsCost),
        remedy: .tensors(.exchangedNormsRemedy)))
  }

  /// Norms whose weights are one value though those of most others are not. Where norms are fused into
  /// the linears behind them, all are, or all but the last.
  private mutating func examineConstants() {
    let constant = norms.filter(\.isConstant).map(\.name)
    guard let first = constant.first, constant.count * 2 < norms.count else { return }
    findings.append(
      AuditFinding(
        .movedTensor, .suspect,
        evidence: .tensors(.constantNorm, first, constant.count, norms.count), modules: constant,
        cost: .tensors(.constantNormCost),
        remedy: .shared(.compareWithBase)))
  }

  /// A head of its own beside a config that ties it to the embedding: loaders differ in which they
  /// take.
  private mutating func examineTie() throws(InputError) {
    guard tiesEmbeddings, let found = try headBesideTable(), !found.isBase else { return }
    findings.append(
      AuditFinding(
        .contradictoryConfig, .suspect,
        evidence: .tensors(.untiedHead, Self.head),
        modules: [Self.head], cost: .tensors(.untiedHeadCost, Self.head),
        remedy: .tensors(.untiedHeadRemedy)))
  }

  /// How coarsely the values of `tensor` were rounded; nil for no more than a storage type does.
  private func rounding(
    of tensor: PlainTensor, _ found: TensorComparison
  ) throws(InputError) -> AuditSentence? {
    if found.count >= 64, found.precision > 0, found.precision <= 3 {
      return
        .tensors(.roundedToFloat8, found.precision)
    }
    guard tensor.shape.count == 2, tensor.shape[0] > 0, tensor.shape[1] >= 64 else { return nil }
    let levels = try TablePattern.levels(tensor, of: reader.tensors)
    guard levels > 2, levels <= 32 else { return nil }
    return .tensors(.roundedToLevels, levels, Int(ceil(log2(Double(levels)))))
  }

  private func originalName(of tensor: PlainTensor) -> String {
    guard let base, tensor.role == .head, !base.contains(tensor.name) else { return tensor.name }
    return "model.embed_tokens.weight"
  }

  private func pattern(
    of tensor: PlainTensor, _ original: String, among tensors: [PlainTensor]
  ) throws(InputError) -> NormPattern? {
    guard let base else { return nil }
    guard tensor.shape.count == 1 else {
      guard tensor.shape.count == 2 else { return nil }
      return try TablePattern.name(tensor, of: reader.tensors, base: base, original: original)
        .map { NormPattern(words: $0) }
    }
    var others: [(name: String, values: [Float])] = []
    for other in tensors where other.shape == tensor.shape && other.name != tensor.name {
      guard base.contains(other.name) else { continue }
      others.append((other.name, try base.vector(other.name)))
    }
    return NormPattern.of(
      try reader.tensors.vector(tensor.name), base: try base.vector(original), others: others)
  }

  private mutating func report() {
    let again: AuditSentence =
      .tensors(.copyAgain)
    if !broken.isEmpty {
      let total = broken.reduce(0) { $0 + $1.count }
      findings.append(
        AuditFinding(
          .nonFinite, .defective,
          evidence: .tensors(.notFinite, total, broken.count, broken[0].name),
          modules: broken.map(\.name),
          cost: .shared(.spreadsNaN), remedy: again))
    }
    if !emptied.isEmpty {
      var finding = AuditFinding(
        .movedTensor, .defective,
        evidence: .tensors(.emptied, emptied.count, emptied[0]),
        modules: emptied, cost: .tensors(.emptiedCost), remedy: again)
      finding.standsByItself = base != nil
      findings.append(finding)
    }
    if let first = emptiedRows.first {
      findings.append(
        AuditFinding(
          .movedTensor, .suspect,
          evidence: .tensors(.zeroRows, first.count, first.name), modules: emptiedRows.map(\.name),
          cost: .tensors(.zeroRowsCost),
          remedy: .shared(.compareWithBase)))
    }
    if !minusOne.isEmpty {
      findings.append(
        AuditFinding(
          .movedTensor, .defective,
          evidence: .tensors(.negativeNorms, minusOne.count, minusOne[0]),
          modules: minusOne, cost: .tensors(.negativeNormsCost),
          remedy: again))
    }
    if !added.isEmpty {
      findings.append(
        AuditFinding(
          .extraTensor, .suspect,
          evidence: .tensors(.addedBiases, added.count, added[0]),
          modules: added, cost: .tensors(.addedBiasesCost), remedy: again))
    }
    if let first = rounded.first {
      findings.append(
        AuditFinding(
          .roundedTensor, .suspect,
          evidence: .shared(.named, Self.list(rounded.map(\.name)), first.rounding),
          modules: rounded.map(\.name),
          cost:
            .tensors(.roundedCost), remedy: again))
    }
    reportMoved(again)
  }

  /// Differences below which a tensor may be that of another training step.
  private static let slight = 0.05
  /// Those above which it is another tensor.
  private static let far = 0.2

  private mutating func reportMoved(_ remedy: AuditSentence) {
    let known = moved.filter { $0.pattern != nil && $0.error > 1e-3 }
    let patterns = Set(known.compactMap(\.pattern?.words)).sorted {
      ($0.wording, "\($0.values)") < ($1.wording, "\($1.values)")
    }
    for pattern in patterns {
      let some = known.filter { $0.pattern?.words == pattern }
      var finding = AuditFinding(
        .movedTensor, some.contains { $0.error > Self.slight } ? .defective : .suspect,
        evidence: .shared(.named, Self.list(some.map(\.name)), pattern), modules: some.map(\.name),
        cost: .tensors(.movedAlikeCost), remedy: remedy)
      finding.standsByItself = some.allSatisfy { $0.pattern?.standsByItself == true }
      findings.append(finding)
    }
    let unknown = moved.filter { $0.pattern == nil || $0.error <= 1e-3 }
      .sorted { $0.error > $1.error }
    guard let worst = unknown.first else { return }
    let level: AuditLevel =
      worst.error > Self.far ? .defective : worst.error > Self.slight ? .suspect : .note
    let some = level == .note ? unknown : unknown.filter { $0.error > Self.slight }
    findings.append(
      AuditFinding(
        .movedTensor, level,
        evidence: .tensors(
          .moved, some.count, String(format: "%.2g", 100 * worst.error), worst.name),
        modules: some.map(\.name),
        cost: level == .note
          ? .tensors(.slightlyMovedCost) : .tensors(.movedCost),
        remedy: level == .note ? .shared(.nothingToDo) : remedy))
  }

  private static func list(_ names: [String]) -> AuditSentence {
    names.count == 1
      ? AuditSentence(verbatim: names[0]) : .tensors(.several, names.count, names[0])
  }

  /// Tensors of the base that the checkpoint has in no form.
  private mutating func findMissing(in base: ModelWeights) {
    let missing = base.tensorNames.filter { name in
      guard !reader.tensors.contains(name), !name.hasSuffix("rotary_emb.inv_freq") else {
        return false
      }
      if name == "lm_head.weight", tiesEmbeddings { return false }
      return !(name.hasSuffix(".weight") && reader.isQuantized(String(name.dropLast(7))))
    }
    guard let first = missing.first else { return }
    findings.append(
      AuditFinding(
        .missingTensor, .defective,
        evidence:
          .tensors(.absent, missing.count, first),
        modules: missing, cost: .tensors(.absentCost),
        remedy: .tensors(.absentRemedy)))
  }
}
