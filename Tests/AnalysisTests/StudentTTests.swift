import Analysis
import Testing

@Suite("Student's t")
struct StudentTTests {
  /// Two-sided points of the usual printed tables, and for freedoms that are not whole scipy 1.15's.
  @Test(
    "the points of the tables",
    arguments: [
      (0.05, 1.0, 12.7062047), (0.05, 2, 4.3026527), (0.05, 3, 3.1824463), (0.05, 7, 2.3646243),
      (0.05, 15, 2.1314495), (0.05, 30, 2.0422725), (0.05, 1000, 1.9623391), (0.01, 4, 4.6040949),
      (0.001, 2, 31.5990546), (0.05, 2.5, 3.5746548), (0.05, 0.5, 164.5576735), (0.2, 9, 1.3830287),
    ])
  func points(alpha: Double, freedom: Double, expected: Double) {
    let reach = StudentT.reach(alpha: alpha, freedom: freedom)
    #expect(abs(reach / expected - 1) < 1e-7)
  }

  @Test("many comparisons share the error, and nothing known reaches everywhere")
  func ends() {
    #expect(StudentT.reach(freedom: 3, comparisons: 5) == StudentT.reach(alpha: 0.01, freedom: 3))
    #expect(StudentT.reach(freedom: 0) == .infinity)
    #expect(abs(StudentT.reach(freedom: .infinity) - 1.959964) < 1e-5)
  }

  @Test("scatters add up; what is unknown stays unknown")
  func scatters() {
    let text = Scatter(stderr: 3, freedom: 7)
    #expect(abs(text.reach() - 3 * 2.3646243) < 1e-6)
    let both = text.adding(Scatter(stderr: 4, freedom: 7))
    #expect(abs(both.stderr - 5) < 1e-12)
    // Satterthwaite: 25²/(9²/7 + 16²/7) = 12.98 degrees of freedom, t 2.161; Cochran and Cox: 2.365.
    #expect((5 * 2.2625...5 * 2.265).contains(both.reach()))
    #expect(text.adding(.none) == text && Scatter.none.reach() == 0)
    #expect(text.adding(.unknown).reach() == .infinity && text.adding(.unknown).stderr.isNaN)
    // One degree of freedom: Cochran and Cox, between the two.
    let weak = text.adding(Scatter(stderr: 3, freedom: 1)).reach() / 18.0.squareRoot()
    #expect(abs(weak - (2.3646243 + 12.7062047) / 2) < 1e-6)
  }
}
