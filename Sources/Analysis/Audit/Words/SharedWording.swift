/// Sentences of more than one room. The words stand in Report.
public enum SharedWording: Sendable, Hashable, Comparable, CaseIterable {
  case noCost
  case nothingToDo
  case downloadOrQuantizeAgain
  case spreadsNaN
  case cannotBeLoaded
  case otherThanBase
  case compareWithBase
  case missing
  case named
  case equal
}
