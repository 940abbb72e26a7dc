/// What is said of weights beside the base's: their distance, their order, whose they are. The words stand in Report.
public enum BaseWording: Sendable, Hashable, Comparable, CaseIterable {
  case whatAndWhere
  case unrelated
  case unrelatedMostCost
  case unrelatedCost
  case unrelatedMostRemedy
  case quantizeModulesAgain
  case sameFunction
  case turned, turnedRemedy
  case alsoInOutputs
  case worseThanRounding
  case outputsNotMeasured
  case farFromBaseCost
  case farFromBase
  case measureOutputs
  case moreDampOrText
  case holdsOther
  case otherTensors
  case andSoOn
  case otherTensorsCost, otherTensorsRemedy
  case place
  case wrongOrderCost
  case convertAgain
  case otherTensor
  case interleavedRows, interleavedRowsRemedy
  case headOrder
  case rowOrder
  case columnOrder
  case splitRows
  case packAgain
  case transposed
  case reversedInWords
  case byteOrder
  case reversedInBytes
  case orderOfAWQ
  case reverseOrderOfAWQ
  case signedCodes
  case otherBase
  case scoresNoWorse
  case otherBaseCost, otherBaseRemedy
}
