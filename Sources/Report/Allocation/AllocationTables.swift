import Results

/// What `tenbin allocate` has found, as tables.
public struct AllocationTables {
  private let allocation: Allocation
  private let names: TrialNames
  private let trials: [TrialResult]

  /// The tables of the latest allocation of `results`; nil where there is none.
  public init?(_ results: StudyResults) {
    guard let allocation = results.allocation else { return nil }
    self.allocation = allocation
    trials = results.trials
    names = TrialNames(results.trials)
  }

  /// Size against divergence: the mixed models, predicted and measured, between the uniform ones.
  public var front: Table {
    let uniform = allocation.options.map { option -> (bits: Double, row: [Table.Cell]) in
      (
        option.bitsPerWeight,
        [
          .text(name(option)), .integer(option.trial),
          .number(option.bitsPerWeight, .decimals(3)), .number(megabytes(option.sizeBytes)),
          .missing, .missing, .missing, .missing, option.measured.map { .number($0) } ?? .missing,
        ]
      )
    }
    let mixed = allocation.mixes.map { mix -> (bits: Double, row: [Table.Cell]) in
      (
        mix.bitsPerWeight,
        [
          .text(Self.mixed), mix.trial.map { .integer($0) } ?? .missing,
          .number(mix.bitsPerWeight, .decimals(3)), .number(megabytes(mix.sizeBytes)),
          .number(mix.predicted), mix.low.map { .number($0) } ?? .missing,
          mix.high.map { .number($0) } ?? .missing, .number(mix.bound),
          mix.measured.map { .number($0) } ?? .missing,
        ]
      )
    }
    return Table(
      columns: [
        .init("model"), .init("trial"), .init("bits_per_weight"), .init("size_mb"),
        .init("predicted_kld"), .init("predicted_low"), .init("predicted_high"),
        .init("bound_kld"), .init("measured_kld"),
      ],
      rows: (uniform + mixed).sorted { $0.bits < $1.bits }.map(\.row))
  }

  /// Layer × part: the option of each part in one mixed model, by its bits and group.
  public func map(of mix: Allocation.Mix) -> Table {
    let kinds = allocation.parts.reduce(into: [String]()) { kinds, part in
      if !kinds.contains(part.name) { kinds.append(part.name) }
    }
    let layers = Set(allocation.parts.map(\.layer)).sorted()
    return Table(
      columns: [.init("layer")] + kinds.map { .init($0) },
      rows: layers.map { layer in
        [.integer(layer)]
          + kinds.map { kind in
            guard
              let index = allocation.parts.firstIndex(where: {
                $0.layer == layer && $0.name == kind
              })
            else { return .missing }
            return .text(grid(allocation.options[mix.choices[index]]))
          }
      })
  }

  /// Every part of one mixed model: what it is worth, what it takes, and what its next megabyte would
  /// take off.
  public func parts(of mix: Allocation.Mix) -> Table {
    Table(
      columns: [
        .init("layer"), .init("part"), .init("sensitivity"), .init("option"), .init("trial"),
        .init("size_mb"), .init("damage"), .init("next_megabyte"),
      ],
      rows: allocation.parts.enumerated().map { index, part in
        let choice = mix.choices[index]
        return [
          .integer(part.layer), .text(part.name),
          part.sensitivityStderr.map { .estimate(part.sensitivity, stderr: $0) }
            ?? .number(part.sensitivity),
          .text(grid(allocation.options[choice])),
          .integer(allocation.options[choice].trial), .number(megabytes(part.sizes[choice] / 8)),
          .number(part.damages[choice]), .number(allocation.marginal(part: index, in: mix)),
        ]
      })
  }

  /// What the uniform model of an option is called.
  private func name(_ option: Allocation.Option) -> String {
    trials.first { $0.number == option.trial }.map(names.name) ?? "#\(option.trial)"
  }

  /// `int4 g128`.
  private func grid(_ option: Allocation.Option) -> String {
    guard let trial = trials.first(where: { $0.number == option.trial }) else {
      return "#\(option.trial)"
    }
    return trial.config.quantize.gridName
  }

  private func megabytes(_ bytes: Int) -> Double { Double(bytes) / 1e6 }

  private static let mixed = "mixed"
}
