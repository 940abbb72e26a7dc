import GPTQ

/// Whether weights were set to zero after or before they were quantized, as codes alone tell: what is
/// rounded falls off from the zero point on both sides, so that a hole beside it, or two zeros in every
/// four columns, was cut.
struct EmptiedCodesCheck: AuditCheck {
  private var cut: [(name: String, share: Double)] = []
  private var modules = 0

  /// Rows of a module that are looked at.
  private static let sample = 128

  mutating func examine(_ module: AuditModule) {
    modules += 1
    // Beside the base, what is not its zeros is counted weight by weight.
    guard module.base == nil, module.linear.bits > 2 else { return }
    let (share, isCut) = Self.count(module.linear)
    if isCut { cut.append((module.name, share)) }
  }

  /// The share of codes at the zero point, and whether weights were cut.
  private static func count(_ linear: QuantizedLinear) -> (share: Double, isCut: Bool) {
    let (rows, columns) = (linear.codes.rows, linear.codes.columns)
    guard rows > 0, columns >= 4 else { return (0, false) }
    let step = max(1, rows / sample)
    // Codes by their distance from the zero point, both sides together.
    var counts = [Int](repeating: 0, count: 1 << linear.bits)
    var (quads, halves, total) = (0, 0, 0)
    for row in stride(from: 0, to: rows, by: step) {
      var zeros = 0
      for column in 0..<columns {
        let zero = linear.grids.zeros[row, Int(linear.groupIndex[column])]
        let distance = Int(abs(Int32(linear.codes[row, column]) - zero))
        if distance < counts.count { counts[distance] += 1 }
        if distance == 0 { zeros += 1 }
        if column % 4 == 3 {
          quads += 1
          if zeros >= 2 { halves += 1 }
          zeros = 0
        }
      }
      total += columns
    }
    let share = Double(counts[0]) / Double(total)
    let hasHole = share > 0.2 && 10 * counts[1] < 7 * (counts.dropFirst(2).max() ?? 0)
    let isTwoOfFour = share < 0.7 && Double(halves) >= 0.999 * Double(quads)
    return (share, hasHole || isTwoOfFour)
  }

  func findings() -> [AuditFinding] {
    guard let worst = cut.max(by: { $0.share < $1.share }) else { return [] }
    return [
      AuditFinding(
        .prunedWeights, .suspect,
        evidence:
          .codes(.emptied, percent(worst.share, of: 1), cut.count, modules),
        modules: cut.map(\.name),
        cost: .codes(.emptiedCost),
        remedy: .codes(.emptiedRemedy))
    ]
  }
}
