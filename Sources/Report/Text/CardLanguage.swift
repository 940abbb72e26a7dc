/// The languages that cards, audits and comparisons are written in.
public enum CardLanguage: String, Sendable, CaseIterable {
  case en
  case ja
}
