/// What is said of norms, embeddings, heads and biases. The words stand in Report.
/// What became of a tensor stands in the order in which findings name it.
public enum TensorWording: Sendable, Hashable, Comparable, CaseIterable {
  case constantNorm, constantNormCost
  case zeroRows, zeroRowsCost
  case oneValue
  case rowsReordered
  case valuesReordered
  case lessOne
  case otherTensor
  case shifted
  case scaled
  case oneAdded
  case rowsBefore
  case rowsFurtherOn
  case someRowsOther
  case unknownType
  case staleHead, staleHeadCost, staleHeadRemedy
  case exchangedNorms
  case andMoreLayers
  case exchangedNormsCost, exchangedNormsRemedy
  case untiedHead, untiedHeadCost, untiedHeadRemedy
  case roundedToFloat8
  case roundedToLevels
  case copyAgain
  case notFinite
  case emptied, emptiedCost
  case negativeNorms, negativeNormsCost
  case addedBiases, addedBiasesCost
  case roundedCost
  case movedAlikeCost
  case moved
  case slightlyMovedCost
  case movedCost
  case several
  case absent, absentCost, absentRemedy
  case valuesLookedAt
  case roundedTo
  case movedBy
}
