import Sweep
import Testing

@Suite("What Slurm's commands print")
struct SlurmTextTests {
  private func element(_ job: String, _ task: Int) -> SlurmText.Element {
    SlurmText.Element(job: job, task: task)
  }

  @Test("squeue: what waits says why, what is over says how, an unknown word is not over")
  func queue() {
    let states = SlurmText.queue(
      """
      12_1|RUNNING|node-7|None
      12_2|PENDING||(ReqNodeNotAvail, UnavailableNodes:a|b)
      12_3|COMPLETED|node-7|None
      12_4|NODE_FAIL|node-8|NodeDown
      12_5|COMPLETING|node-8|None
      12_6|REQUEUE_HOLD||job requeued in held state
      12_7|A_WORD_TO_COME|node-9|None
      13_[8-9]|PENDING||Dependency
      14|RUNNING|node-1|None
      slurm_load_jobs error: Invalid job id specified

      """)
    #expect(
      states == [
        element("12", 1): .running("node-7"),
        element("12", 2): .waiting("(ReqNodeNotAvail, UnavailableNodes:a|b)"),
        element("12", 3): .ended("COMPLETED"), element("12", 4): .ended("NODE_FAIL"),
        element("12", 5): .running("node-8"),
        element("12", 6): .waiting("job requeued in held state"),
        element("12", 7): .running("node-9"), element("13", 8): .waiting("Dependency"),
        element("13", 9): .waiting("Dependency"),
      ])
  }

  @Test("sacct: exit codes, who cancelled, and of a requeued task the last line")
  func accounting() {
    let states = SlurmText.accounting(
      """
      12_1|NODE_FAIL|0:0|node-7
      12_1|FAILED|64:0|node-8
      12_2|CANCELLED by 1000|0:15|node-7
      12_3|TIMEOUT|0:0|node-7
      12_4|OUT_OF_MEMORY|0:125|node-7
      12_[5-6%1]|PENDING|0:0|None assigned
      12_7.batch|COMPLETED|0:0|node-7
      """)
    #expect(
      states == [
        element("12", 1): .ended("FAILED, exit code 64:0"),
        element("12", 2): .ended("CANCELLED, exit code 0:15"),
        element("12", 3): .ended("TIMEOUT"),
        element("12", 4): .ended("OUT_OF_MEMORY, exit code 0:125"),
        element("12", 5): .waiting(""), element("12", 6): .waiting(""),
      ])
  }

  @Test("names of job arrays, there and back")
  func elements() {
    let cases: [(String, [Int])] = [
      ("12_3", [3]), ("12_[3]", [3]), ("12_[1-3,7%2]", [1, 2, 3, 7]), ("12_[1-9:4]", [1, 5, 9]),
      ("12", []), ("12_3.batch", []), ("12_[3-1]", []), ("12_[a-b]", []), ("x_[1-2]", []),
      ("12_[1-3", []), ("", []),
    ]
    for (name, tasks) in cases {
      #expect(SlurmText.elements(name).map(\.task) == tasks, "\(name)")
    }
    #expect(SlurmText.elements("120_4").map(\.job) == ["120"])
    #expect(SlurmText.list([7, 1, 2, 3, 9, 10]) == "1-3,7,9-10")
    #expect(SlurmText.list([4]) == "4")
    #expect(SlurmText.list([]) == "")
  }

  @Test("sbatch --parsable: a number, with the cluster behind it, below whatever a site says")
  func submitted() {
    #expect(SlurmText.submittedJob("1234\n") == "1234")
    #expect(SlurmText.submittedJob("welcome to the cluster\n1234;north\n") == "1234")
    #expect(SlurmText.submittedJob("sbatch: error: no\n") == nil)
    #expect(SlurmText.submittedJob("") == nil)
  }
}
