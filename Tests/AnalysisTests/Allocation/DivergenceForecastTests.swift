import Analysis
import Foundation
import Testing

@Suite("What a mixed model is to be expected to diverge")
struct DivergenceForecastTests {
  typealias Model = DivergenceForecast.Model

  @Test("uniform models are foretold as measured, mixtures between them by their ratios")
  func ratios() {
    let forecast = DivergenceForecast([
      Model(sum: 1, measured: 2), Model(sum: 0.1, measured: 0.1), Model(sum: 0.01, measured: 0.005),
    ])
    for (sum, measured) in [(1.0, 2.0), (0.1, 0.1), (0.01, 0.005)] {
      #expect(abs(forecast.value(sum).value / measured - 1) < 1e-12)
    }
    // Half-way in logarithms the ratio is the geometric mean of both neighbours', 2 and 1.
    let middle = 0.1.squareRoot()
    #expect(abs(forecast.value(middle).value / (middle * 2.0.squareRoot()) - 1) < 1e-12)
    // Beyond the ends it is the last one's.
    #expect(abs(forecast.value(10).value - 20) < 1e-12)
    #expect(abs(forecast.value(0.001).value - 0.0005) < 1e-15)
    #expect(forecast.value(0).value == 0)
  }

  @Test("the interval is as wide as uniform models are off that are foretold from the others")
  func intervals() throws {
    let exact = DivergenceForecast(
      [1, 0.3, 0.1, 0.02].map { Model(sum: $0, measured: 2 * $0) })
    #expect(abs(try #require(exact.scatter)) < 1e-12)
    let known = exact.value(0.2, error: 0.1)
    // Student's t of three degrees of freedom.
    #expect(abs(known.interval.upperBound / 0.4 - exp(3.182446 * 0.1)) < 1e-5)
    #expect(abs(known.interval.lowerBound / 0.4 - exp(-3.182446 * 0.1)) < 1e-5)

    #expect(exact.value(0.2, error: .nan).interval == 0 ... .infinity)

    let off = DivergenceForecast([
      Model(sum: 1, measured: 2), Model(sum: 0.1, measured: 0.1), Model(sum: 0.01, measured: 0.02),
    ])
    // Each ratio is off by log 2 from the ones beside it.
    #expect(abs(try #require(off.scatter) - log(2.0)) < 1e-12)
    #expect(DivergenceForecast([Model(sum: 1, measured: 2)]).value(1).interval == 0 ... .infinity)
  }

  @Test("models without numbers say nothing")
  func notNumbers() {
    let forecast = DivergenceForecast([
      Model(sum: .nan, measured: 1), Model(sum: 1, measured: 0), Model(sum: 1, measured: 3),
    ])
    #expect(abs(forecast.value(2).value - 6) < 1e-12)
    #expect(DivergenceForecast([]).value(2).value == 2)
  }
}
