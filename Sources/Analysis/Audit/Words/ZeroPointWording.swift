/// What is said of zero points. The words stand in Report.
public enum ZeroPointWording: Sendable, Hashable, Comparable, CaseIterable {
  case offMiddleRemedy, offMiddleCost
  case offMiddle
  case notMiddle, notMiddleCost, notMiddleRemedy
  case offTargets
  case groupsOffTargets
  case storedBelowZero, storedBelowZeroCost, storedBelowZeroRemedy
  case leaning
}
