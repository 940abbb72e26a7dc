/// The languages of a model card.
public enum CardLanguage: String, Sendable, CaseIterable {
  case en
  case ja
}
