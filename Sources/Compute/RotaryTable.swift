import Foundation
import Tensor

/// cos and sin of position · frequency for each position, kept by an engine.
public struct RotaryTable: Sendable {
  /// The cosines, (positions, half the rotated width of a head).
  public let cosines: EngineBuffer
  /// The sines, likewise.
  public let sines: EngineBuffer

  /// Wraps what an engine keeps already.
  public init(cosines: EngineBuffer, sines: EngineBuffer) {
    precondition(
      cosines.rows == sines.rows && cosines.columns == sines.columns, "a sine for each cosine")
    self.cosines = cosines
    self.sines = sines
  }

  /// Tabulates `positions` positions for the given angular frequencies, times `magnitude`, and hands
  /// the table to `engine`.
  public init(
    frequencies: [Double], positions: Int, magnitude: Double = 1, engine: any Engine
  ) {
    var cosines = Matrix<Float>(rows: positions, columns: frequencies.count)
    var sines = cosines
    for position in 0..<positions {
      for (index, frequency) in frequencies.enumerated() {
        let angle = Double(position) * frequency
        cosines[position, index] = Float(cos(angle) * magnitude)
        sines[position, index] = Float(sin(angle) * magnitude)
      }
    }
    self.init(cosines: engine.upload(cosines), sines: engine.upload(sines))
  }

  /// How many positions it has.
  public var positions: Int { cosines.rows }

  /// Half the rotated width of a head.
  public var halfDimension: Int { cosines.columns }
}
