/// What is said of the keys of config.json that change the function. The words stand in Report.
public enum ConfigWording: Sendable, Hashable, Comparable, CaseIterable {
  case keysHeldTogether
  case notOfFamily
  case changedKeys
  case keysEqual
  case keysDiffer
  case changedKeysCost, changedKeysRemedy
  case twoThetas, twoThetasCost, twoThetasRemedy
  case strangeKey
  case strangeEpsilon
}
