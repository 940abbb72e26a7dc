/// What loaders make of a checkpoint. The words stand in Report.
public enum LoaderWording: Sendable, Hashable, Comparable, CaseIterable {
  case refuses, refusesCost, refusesRemedy
  case noQuantizationConfig
  case otherMethod
  case unknownModel
  case ownCode
  case expertsInCodes
  case unknownDataset
  case mixedModules
  case dynamicPassedOver
  case symFalse
  case symNotGiven
  case notGiven
  case symmetricOnly
  case slowerKernel
  case zerosPassedOver
  case groupIndexPassedOver
  case goneFromReleases
  case zerosReadAsOneMore
  case otherBits
  case codesInPlanes
  case bitsNotGiven
  case dampOutOfRange
  case otherGroupSize
  case indivisible
}
