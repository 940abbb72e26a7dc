import Basics
import Compute
import Foundation

extension MemoryPlan {
  /// Has an engine with memory of its own keep hidden states there as far as that, or `budget`, leaves
  /// room beside the rest of this plan. What has none waits in the machine's memory, whose limits must
  /// allow it.
  /// - Parameter what: the run, for people.
  /// - Returns: false where the engine's memory is the machine's own, and nothing was done.
  public func limitDevice(
    _ engine: any Engine, budget: Int?, folder: URL, for what: String
  ) throws(InputError) -> Bool {
    guard let free = engine.freeBytes else { return false }
    let needed = fixed + (engine.loadsAhead ? nextLayer : 0)
    let room = max(0, min(free, budget ?? free) - needed)
    try MemoryLimits.current.check(
      plan: max(0, streams - room), for: what,
      smaller: ("use a GPU with more memory, or fewer tokens or trials", 0))
    engine.limitKept(room, folder: folder)
    return true
  }
}
