/// Held-out text that is calibration text, too: what was fitted to a text says little of other text.
public struct HeldoutOverlap: Sendable, Codable, Equatable {
  /// The held-out domain.
  public var domain: String
  /// Share of the domain's runs of 13 tokens that the calibration set holds, 0 to 1; nil: not known.
  public var share: Double?
  /// Whether the calibration set was made from the very file.
  public var isSource: Bool

  /// An overlap of one domain.
  public init(domain: String, share: Double?, isSource: Bool) {
    (self.domain, self.share, self.isSource) = (domain, share, isSource)
  }

  /// The share in whole per cent: 0 only where nothing is shared.
  public var percent: Int? { share.map { Int((100 * $0).rounded(.up)) } }
}
