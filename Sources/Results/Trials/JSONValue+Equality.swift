import Codecs

extension JSONValue {
  /// Whether two values mean the same setting: 1 is 1.0.
  public func equals(_ other: JSONValue) -> Bool {
    if let mine = number, let theirs = other.number { return mine == theirs }
    return self == other
  }
}
