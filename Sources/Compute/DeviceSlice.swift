/// Something that an engine's device did, and when: one slice of a trace.
public struct DeviceSlice: Sendable {
  /// What does one thing after another.
  public enum Lane: String, Sendable, CaseIterable {
    /// Products and kernels.
    case compute = "GPU"
    /// Copies from the host's memory.
    case up = "GPU, up"
    /// Copies to the host's memory.
    case down = "GPU, down"
  }

  /// Where it was done.
  public var lane: Lane
  /// What it was.
  public var name: String
  /// When it began, by the host's clock.
  public var start: ContinuousClock.Instant
  /// How long it took.
  public var seconds: Double

  /// Puts the parts together.
  public init(lane: Lane, name: String, start: ContinuousClock.Instant, seconds: Double) {
    self.lane = lane
    self.name = name
    self.start = start
    self.seconds = seconds
  }
}
