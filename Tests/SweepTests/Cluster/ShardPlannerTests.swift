import Basics
import Foundation
import Model
import Sweep
import TestSupport
import Testing

@Suite("Plans of several tasks")
struct ShardPlannerTests {
  private func file(_ settings: String, _ rest: String = "") throws -> SweepFile {
    let shared = settings.contains("propagation") ? "" : "propagation: {value: shared}\n  "
    let data = Repository.root.appendingPathComponent("notebooks-data").path
    return try SweepFile(
      text: """
        method: grid
        parameters:
          bits: {values: [4, 8]}
          group_size: {values: [64, 128]}
          \(shared)\(settings)
          model: {value: \(data)/demo-model}
          calibration: {value: no-such-set.sqlite}
          heldout: {value: \(data)/corpus/heldout-wiki.jsonl}
          heldout_tokens: {value: 2048}
          calibration_draws: {value: 0}
        """ + rest, name: "sweep.yaml")
  }

  private func plan(_ file: SweepFile, _ count: Int) throws -> ClusterPlan {
    var plan = ClusterPlan()
    try plan.divide(file, into: count)
    return plan
  }

  @Test(
    "every trial and companion is in one task, and the tasks take about as much", arguments: 1...9)
  func balance(count: Int) throws {
    let file = try file("damp_percent: {values: [0.001, 0.01, 0.1]}")
    let plan = try plan(file, count)
    #expect(plan.tasks.map(\.number) == Array(1...count))
    #expect(plan.tasks.flatMap(\.trials).sorted() == Array(0..<16))
    let costs = plan.tasks.map(\.operations)
    let (most, least) = (try #require(costs.max()), try #require(costs.min()))
    // A trial is a small part of a task here: the base's own tokens are most of it.
    #expect(most < 1.15 * least, "\(costs)")
    #expect(
      plan.tasks.allSatisfy { $0.memoryBytes > 300_000_000 && $0.names.count == $0.trials.count })
    #expect(plan.shard(of: plan.tasks[0])?.holds(plan.tasks[0].trials[0]) == true)
    #expect(plan.shard(of: plan.tasks[0])?.holds(99) == false)
  }

  @Test("trials of one damp stay together where that costs no balance")
  func factors() throws {
    let file = try file("damp_percent: {values: [0.01, 0.1]}")
    let plan = try plan(file, 2)
    let damps = plan.tasks.map { task in
      Set(task.trials.filter { $0 < 8 }.map { file.trials[$0].quantize.dampPercent }).count
    }
    #expect(damps == [1, 1])
  }

  @Test("the base's calibration tokens move in no more tasks than they must")
  func shared() throws {
    // The base's calibration tokens weigh as much as those of one of the 4 trials that bring their own.
    let file = try file("propagation: {values: [shared, quantized]}")
    let plan = try plan(file, 4)
    let withShared = plan.tasks.count { task in
      task.trials.contains { $0 >= 8 || file.trials[$0].propagation == .shared }
    }
    let costs = plan.tasks.map(\.operations)
    #expect(withShared == 1, "\(plan.tasks.map(\.trials))")
    #expect((costs.max() ?? 0) < 2.2 * (costs.min() ?? 0), "\(costs)")
  }

  @Test("no task is without a trial; what follows from all is one more")
  func followUps() throws {
    #expect(try plan(file("damp_percent: {value: 0.01}"), 100).tasks.count == 8)
    let file = try file("damp_percent: {value: 0.01}\n  confirm: {value: 1}")
    let tasks = try plan(file, 3).tasks
    #expect(tasks.map(\.isFollowUp) == [false, false, false, true])
    #expect(tasks[3].memoryBytes > 300_000_000)
  }

  @Test("a search that needs all results at once is not divided")
  func refusals() throws {
    let stopped = try file(
      "damp_percent: {value: 0.01}", "\nearly_terminate: {type: hyperband}")
    #expect(
      throws: InputError(
        .usage, asked: "run a shard of the sweep",
        found: "early_terminate compares all trials of a size",
        hint: "shard method: grid or random without early_terminate")
    ) { try plan(stopped, 2) }
  }
}
