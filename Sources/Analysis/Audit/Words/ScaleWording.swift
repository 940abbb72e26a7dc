/// What is said of scales. The words stand in Report.
public enum ScaleWording: Sendable, Hashable, Comparable, CaseIterable {
  case misread, misreadCost, misreadRemedy
  case mismatchCost
  case uncoupled, uncoupledRemedy
  case strayGroups
  case rescaled
  case wrongSign, wrongSignCost
  case negative, negativeCost, negativeRemedy
  case mirrored
  case unsigned, unsignedCost
  case notFinite
  case vanished, vanishedCost, vanishedRemedy
  case subnormal, subnormalCost, subnormalRemedy
  case bfloat16, bfloat16Cost, bfloat16Remedy
}
