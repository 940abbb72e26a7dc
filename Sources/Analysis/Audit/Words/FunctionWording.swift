/// What is said of what a checkpoint computes. The words stand in Report.
public enum FunctionWording: Sendable, Hashable, Comparable, CaseIterable {
  case turnedNotRun
  case ran
  case ranOtherwise
  case moreReadings
  case readingGains
  case partGainsCost
  case readingGainsCost
  case partGainsRemedy
  case readingGainsRemedy
  case implausibleCost, implausibleRemedy
  case implausible
  case leavesBase
  case farFromBase, farFromBaseCost, farFromBaseRemedy
  case interleavedRows
  case headWidth
  case halfLastNorm
  case doubleLastNorm
  case gateAndUpOfLayer
  case gateAndUp
  case keyAndValue
  case theta
  case noScaling
  case noWindow
  case withoutPart
  case layersExchanged
}
