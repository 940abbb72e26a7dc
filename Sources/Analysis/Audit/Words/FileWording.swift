/// What is said of files, and of settings and shapes beside each other. The words stand in Report.
public enum FileWording: Sendable, Hashable, Comparable, CaseIterable {
  case unreadable
  case weightsDiffer
  case partsHeldTogether
  case downloadAgain
  case notInFiles
  case downloadShards
  case doNotFit, doNotFitRemedy
  case twoConfigsCost, twoConfigsRemedy
  case twoIndicesCost, twoIndicesRemedy
  case incomplete, incompleteRemedy
  case alsoUnquantized, alsoUnquantizedCost, alsoUnquantizedRemedy
  case nothingQuantized, nothingQuantizedCost, nothingQuantizedRemedy
  case layersBeyond, layersBeyondCost, layersBeyondRemedy
  case unknownTensors, unknownTensorsCost, unknownTensorsRemedy
  case unlisted, unlistedCost, unlistedRemedy
  case partsMissing
  case notTwoDimensional
  case otherBits
  case otherShape
  case otherScales
  case otherZeros
  case droppedBiases, droppedBiasesCost, droppedBiasesRemedy
}
