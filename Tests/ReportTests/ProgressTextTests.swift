import Report
import Testing

@Suite("Progress") struct ProgressTextTests {
  @Test("no estimate before there is evidence")
  func estimates() {
    #expect(ProgressText.figures(share: 0, own: 0, seconds: 0) == "0 %  0:00  ETA –")
    #expect(ProgressText.figures(share: 0.5, own: 0.5, seconds: 1) == "50 %  0:01  ETA –")
    #expect(ProgressText.figures(share: 0.001, own: 0.001, seconds: 70) == "0 %  1:10  ETA –")
    #expect(ProgressText.figures(share: 0.25, own: 0.25, seconds: 60) == "25 %  1:00  ETA 3:00")
    // Half of it was there before: its speed is that of the other half.
    #expect(ProgressText.figures(share: 0.75, own: 0.25, seconds: 60) == "75 %  1:00  ETA 1:00")
    #expect(ProgressText.figures(share: 1, own: 1, seconds: 3725) == "100 %  1:02:05  ETA 0:00")
    #expect(ProgressText.figures(share: 0.1, own: 0.1, seconds: 7200).hasSuffix("ETA 18:00:00"))
  }
}
