/// A whole number that an engine may still be working on: whoever asks for it waits.
public struct DeferredCount: Sendable {
  private let read: @Sendable () -> Int

  /// A number that is known.
  public init(_ value: Int) { read = { value } }

  /// A number that `read` waits for.
  public init(_ read: @escaping @Sendable () -> Int) { self.read = read }

  /// The number.
  public var value: Int { read() }
}
