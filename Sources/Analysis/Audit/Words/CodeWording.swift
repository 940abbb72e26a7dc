/// What is said of codes, of the groups of columns that they stand in, and of whole modules by their codes. The words stand in Report.
public enum CodeWording: Sendable, Hashable, Comparable, CaseIterable {
  case emptiedBesideBase, emptiedBesideBaseCost, emptiedBesideBaseRemedy
  case roundedToNearest, roundedToNearestCost, roundedToNearestRemedy
  case halfUsed, halfUsedCost, halfUsedRemedy
  case unusedLevels, unusedLevelsCost, unusedLevelsRemedy
  case corrupted, corruptedCost, corruptedRemedy
  case emptied, emptiedCost, emptiedRemedy
  case groupIndexUnordered, groupIndexUnorderedCost, groupIndexUnorderedRemedy
  case groupIndexUneven, groupIndexUnevenCost
  case columnsMisplaced, columnsMisplacedCost, columnsMisplacedRemedy
  case modulesOf
  case overflowBesideBase
  case overflow, overflowCost
  case overflowBesideBaseRemedy
  case overflowRemedy
  case dead, deadCost, deadRemedy
  case duplicated, duplicatedCost
  case clipped, clippedCost, clippedRemedy
}
