import Foundation
import GPTQ
import Tensor

/// Ways to ruin a sound checkpoint, to a known extent.
enum Damage {
  /// Packs as AutoGPTQ's packers do, with weights and scales in `format`: codes derived again from
  /// rounded weights by dividing by rounded scales, no clamp, carries OR-ed into the next code of
  /// the word. Of the codes that wrap, a share `severity` stays so. At 0 in float16, whose subnormal
  /// scales that rule also moves by whole steps, codes are derived as they should be.
  static func pack(
    _ linear: QuantizedLinear, in format: FloatFormat, severity: Double, random: inout SplitMix
  ) -> (linear: QuantizedLinear, wrapped: Int) {
    var packed = linear
    packed.scalesDtype = format
    packed.grids.scales = linear.grids.scales.map(format.round)
    let weight = linear.dequantized()
    let maxCode = 1 << linear.bits - 1
    let perWord = 32 / linear.bits
    var wrapped = 0
    if severity == 0, format == .f16 {
      for row in 0..<weight.rows {
        for column in 0..<weight.columns {
          let group = Int(linear.groupIndex[column])
          let scale = packed.grids.scales[row, group]
          guard scale > 0 else { continue }
          let code =
            (weight[row, column] / scale).rounded(.toNearestOrEven)
            + Float(linear.grids.zeros[row, group])
          packed.codes[row, column] = UInt8(min(max(code, 0), Float(maxCode)))
        }
      }
      return (packed, 0)
    }
    for row in 0..<weight.rows {
      for column in 0..<weight.columns {
        let group = Int(linear.groupIndex[column])
        let zero = Float(linear.grids.zeros[row, group])
        let moved = format.round(weight[row, column]) + zero * linear.grids.scales[row, group]
        let scale = packed.grids.scales[row, group]
        guard scale > 0 else { continue }
        let code = Int((moved / scale).rounded(.toNearestOrEven))
        packed.codes[row, column] = UInt8(min(max(code, 0), maxCode))
      }
      for column in 0..<weight.columns {
        let group = Int(linear.groupIndex[column])
        let zero = Float(linear.grids.zeros[row, group])
        let moved = format.round(weight[row, column]) + zero * linear.grids.scales[row, group]
        let scale = packed.grids.scales[row, group]
        guard scale > 0 else { continue }
        let code = Int((moved / scale).rounded(.toNearestOrEven))
        guard code > maxCode, Double.random(in: 0..<1, using: &random) < severity else { continue }
        wrapped += 1
        packed.codes[row, column] = UInt8(code & maxCode)
        if (column + 1) % perWord != 0, column + 1 < weight.columns {
          packed.codes[row, column + 1] |= UInt8((code >> linear.bits) & maxCode)
        }
      }
    }
    return (packed, wrapped)
  }

  /// `count` codes replaced by any, which may be the same.
  static func replace(
    _ linear: QuantizedLinear, count: Int, random: inout SplitMix
  ) -> QuantizedLinear {
    var damaged = linear
    for _ in 0..<count {
      let place = Int(random.next() % UInt64(linear.codes.elements.count))
      damaged.codes.elements[place] = UInt8(random.next() % UInt64(1 << linear.bits))
    }
    return damaged
  }

  /// g_idx with the groups of `columns` of them dealt anew among them.
  static func permute(
    _ linear: QuantizedLinear, columns: Int, random: inout SplitMix
  ) -> QuantizedLinear {
    var damaged = linear
    let chosen = Array(
      linear.groupIndex.indices.shuffled(using: &random).prefix(columns))
    // A cycle, so that every one of them goes elsewhere where groups differ.
    let sorted = chosen.sorted { linear.groupIndex[$0] < linear.groupIndex[$1] }
    let shift = max(1, sorted.count / 2)
    for (place, column) in sorted.enumerated() {
      damaged.groupIndex[column] = linear.groupIndex[sorted[(place + shift) % sorted.count]]
    }
    return damaged
  }

  /// `count` scales times or over `factor`.
  static func corrupt(
    _ linear: QuantizedLinear, count: Int, factor: Float, random: inout SplitMix
  ) -> QuantizedLinear {
    var damaged = linear
    for place in damaged.grids.scales.elements.indices.shuffled(using: &random).prefix(count) {
      let up = Bool.random(using: &random)
      let scale = damaged.grids.scales.elements[place]
      damaged.grids.scales.elements[place] =
        linear.scalesDtype.round(up ? scale * factor : scale / factor)
    }
    return damaged
  }

  /// The scales of all rows dealt anew.
  static func shuffleRows(
    _ linear: QuantizedLinear, random: inout SplitMix
  ) -> QuantizedLinear {
    var damaged = linear
    damaged.grids.scales = linear.grids.scales.selectingRows(
      Array(0..<linear.grids.scales.rows).shuffled(using: &random))
    return damaged
  }
}
