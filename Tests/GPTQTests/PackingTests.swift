import Basics
import Compute
import GPTQ
import Tensor
import Testing

@Suite("Packing")
struct PackingTests {
  /// 32 values (7k + 3) & (2^b − 1): the vectors of AutoGPTQ's own loops.
  @Test(
    arguments: [
      (2, [0x1b1b_1b1b, 0x1b1b_1b1b]),
      (3, [0x5397_7053, 0x7053_9770, 0x9770_5397]),
      (4, [0x4d6f_81a3, 0xc5e7_092b, 0x4d6f_81a3, 0xc5e7_092b]),
      (
        8,
        [
          0x1811_0a03, 0x342d_261f, 0x5049_423b, 0x6c65_5e57, 0x8881_7a73, 0xa49d_968f,
          0xc0b9_b2ab, 0xdcd5_cec7,
        ]
      ),
    ] as [(Int, [UInt32])])
  func vectors(bits: Int, words: [UInt32]) throws {
    let codes = Matrix<UInt8>(rows: 32, columns: 32) { _, k in
      UInt8((7 * k + 3) & (1 << bits - 1))
    }
    let packed = try PackedCodes.packWeights(codes, bits: bits, format: .v1)
    #expect(packed.rows == bits && packed.columns == 32)
    for column in 0..<32 {
      #expect((0..<bits).map { UInt32(bitPattern: packed[$0, column]) } == words)
    }
  }

  /// The same values, and the zeros of symmetric grids, by GPTQModel 7.7's own `planar_pack_rows` and
  /// `planar_pack_cols`.
  @Test(
    "gptq_p: planes of 4, 2 and 1 bits",
    arguments: [
      (3, [0x1b1b_1b1b, 0x1b1b_1b1b, 0xf0f0_f0f0]),
      (4, [0x4d6f_81a3, 0xc5e7_092b, 0x4d6f_81a3, 0xc5e7_092b]),
      (5, [0x4d6f_81a3, 0xc5e7_092b, 0x4d6f_81a3, 0xc5e7_092b, 0xc663_399c]),
      (6, [0x4d6f_81a3, 0xc5e7_092b, 0x4d6f_81a3, 0xc5e7_092b, 0xa543_e950, 0x503e_940f]),
      (
        7,
        [
          0x4d6f_81a3, 0xc5e7_092b, 0x4d6f_81a3, 0xc5e7_092b, 0xa543_e950, 0x503e_940f,
          0xf803_fe00,
        ]
      ),
    ] as [(Int, [UInt32])])
  func planes(bits: Int, words: [UInt32]) throws {
    let codes = Matrix<UInt8>(rows: 32, columns: 32) { _, k in
      UInt8((7 * k + 3) & (1 << bits - 1))
    }
    let packed = try PackedCodes.packWeights(codes, bits: bits, format: .planar)
    #expect(packed.rows == bits && packed.columns == 32)
    for column in 0..<32 {
      #expect((0..<bits).map { UInt32(bitPattern: packed[$0, column]) } == words)
    }
    #expect(try PackedCodes.unpackWeights(packed, bits: bits, format: .planar) == codes)

    let zeros = Matrix<Int32>(rows: 32, columns: 3, repeating: 1 << Int32(bits - 1))
    let stored = try PackedCodes.packZeros(zeros, bits: bits, format: .planar)
    let planes: [Int: [UInt32]] = [
      3: [0, 0, .max], 4: [UInt32](repeating: 0x8888_8888, count: 4), 5: [0, 0, 0, 0, .max],
      6: [0, 0, 0, 0, 0xaaaa_aaaa, 0xaaaa_aaaa], 7: [0, 0, 0, 0, 0, 0, .max],
    ]
    for row in 0..<3 {
      #expect((0..<bits).map { UInt32(bitPattern: stored[row, $0]) } == planes[bits])
    }
    #expect(try PackedCodes.unpackZeros(stored, bits: bits, format: .planar) == zeros)
  }

  @Test(
    arguments: [
      (2, [0x5555_5555], [0xaaaa_aaaa]),
      (3, [0xdb6d_b6db, 0xb6db_6db6, 0x6db6_db6d], [0x2492_4924, 0x4924_9249, 0x9249_2492]),
      (4, [0x7777_7777], [0x8888_8888]),
      (8, [0x7f7f_7f7f], [0x8080_8080]),
    ] as [(Int, [UInt32], [UInt32])])
  func symmetricZeros(bits: Int, v1: [UInt32], v2: [UInt32]) throws {
    let zeros = Matrix<Int32>(rows: 32, columns: 3, repeating: 1 << Int32(bits - 1))
    for (format, words) in [(CheckpointFormat.v1, v1), (.v2, v2)] {
      let packed = try PackedCodes.packZeros(zeros, bits: bits, format: format)
      #expect(packed.rows == 3 && packed.columns == bits)
      for (index, word) in packed.elements.enumerated() {
        #expect(UInt32(bitPattern: word) == words[index % bits % words.count])
      }
      #expect(try PackedCodes.unpackZeros(packed, bits: bits, format: format) == zeros)
    }
  }

  @Test("what goes in comes out", arguments: 2...8, 0..<8)
  func roundTrip(bits: Int, seed: Int) throws {
    var random = SplitMix64(seed: UInt64(seed))
    let rows = 32 * Int.random(in: 1...4, using: &random)
    let columns = 32 * Int.random(in: 1...5, using: &random)
    let codes = Matrix<UInt8>(rows: rows, columns: columns) { _, _ in
      UInt8(random.next() & (1 << UInt64(bits) - 1))
    }
    let zeros = codes.map { max(Int32($0), 1) }
    for format in CheckpointFormat.allCases {
      let packed = try PackedCodes.packWeights(codes, bits: bits, format: format)
      #expect(packed.rows == columns * bits / 32 && packed.columns == rows)
      #expect(try PackedCodes.unpackWeights(packed, bits: bits, format: format) == codes)
      let words = try PackedCodes.packZeros(zeros, bits: bits, format: format)
      #expect(try PackedCodes.unpackZeros(words, bits: bits, format: format) == zeros)
    }
  }

  /// `values`, one after the other in `bits` bits each, and zeros up to the end of the last word.
  private func stream(_ values: [UInt8], bits: Int) -> [Int32] {
    var words = [UInt32](repeating: 0, count: (values.count * bits + 31) / 32)
    for (index, value) in values.enumerated() {
      for bit in 0..<bits where value >> UInt8(bit) & 1 == 1 {
        let place = index * bits + bit
        words[place / 32] |= 1 << UInt32(place % 32)
      }
    }
    return words.map { Int32(bitPattern: $0) }
  }

  @Test(
    "linears of any shape are unpacked as loaders unpack them; ragged ones are not written",
    arguments: [2, 3, 4, 8], 0..<25)
  func anyShape(bits: Int, seed: Int) throws {
    var random = SplitMix64(seed: UInt64(1000 * bits + seed))
    let (out, inputs) = (
      Int.random(in: 1...70, using: &random), Int.random(in: 1...70, using: &random)
    )
    let groups = Int.random(in: 1...5, using: &random)
    func codes(_ rows: Int, _ columns: Int) -> Matrix<UInt8> {
      Matrix(rows: rows, columns: columns) { _, _ in UInt8(random.next() & (1 << UInt64(bits) - 1))
      }
    }
    let (weight, zeros) = (codes(out, inputs), codes(groups, out))
    let index = (0..<inputs).map { _ in Int32.random(in: 0..<Int32(groups), using: &random) }
    let scales = Matrix<Float>(rows: groups, columns: out) { _, _ in Float(random.gaussian()) }
    let columns = (0..<out).map { stream(Array(weight.row($0)), bits: bits) }
    let packed = PackedLinear(
      qweight: Matrix(
        rows: out, columns: columns[0].count, elements: columns.flatMap { $0 }
      ).transposed(),
      qzeros: Matrix(
        rows: groups, columns: (out * bits + 31) / 32,
        elements: (0..<groups).flatMap { stream(Array(zeros.row($0)), bits: bits) }),
      scales: scales, groupIndex: index)
    for format in [CheckpointFormat.v1, .v2] {
      let read = try packed.unpacked(bits: bits, sym: false, format: format, scalesDtype: .f32)
      #expect(read.codes == weight)
      let top = Int32(1) << Int32(bits) - 1
      let plusOne: Int32 = format == .v1 ? 1 : 0
      #expect(read.grids.zeros == zeros.transposed().map { (Int32($0) + plusOne) & top })
      let dequantized = read.dequantized()
      #expect(dequantized.rows == out && dequantized.columns == inputs)
      for (row, column) in [(0, 0), (out - 1, inputs - 1)] {
        let group = Int(index[column])
        let code = Int32(weight[row, column]) - read.grids.zeros[row, group]
        #expect(dequantized[row, column] == scales[group, row] * Float(code))
      }
    }
    // One word or value too few or too many is refused.
    var damaged = packed
    damaged.groupIndex += [Int32](repeating: 0, count: 32)
    #expect(throws: InputError.self) {
      try damaged.unpacked(bits: bits, sym: true, format: .v1, scalesDtype: .f16)
    }
    if out % 32 != 0 || inputs % 32 != 0 {
      #expect(throws: InputError.self) {
        try PackedCodes.packWeights(weight, bits: bits, format: .v1)
      }
    }
  }

  @Test("a zero point of 0 has no place in v1")
  func zeroOfV1() throws {
    let zeros = Matrix<Int32>(rows: 32, columns: 1)
    #expect(throws: InputError.self) {
      try PackedCodes.packZeros(zeros, bits: 4, format: .v1)
    }
    let packed = try PackedCodes.packZeros(zeros, bits: 4, format: .v2)
    #expect(packed.elements == [0, 0, 0, 0])
  }

  @Test("shapes that no loader reads are refused", arguments: [(31, 64), (32, 40), (33, 33)])
  func refusesShapes(rows: Int, columns: Int) {
    let codes = Matrix<UInt8>(rows: rows, columns: columns)
    #expect(throws: InputError.self) { try PackedCodes.packWeights(codes, bits: 4, format: .v1) }
  }

  @Test(
    "words that cannot be codes are refused", arguments: [(3, 4), (8, 12), (5, 6), (0, 4), (9, 9)])
  func refusesWords(bits: Int, rows: Int) {
    let words = Matrix<Int32>(rows: rows, columns: 32)
    #expect(throws: InputError.self) {
      try PackedCodes.unpackWeights(words, bits: bits, format: .v1)
    }
  }
}

@Suite("AutoGPTQ's packer in bfloat16")
struct AutoGPTQPackerTests {
  /// GPTQ moves weights off the bfloat16 grid of the base model, so that scales round either way.
  static func solved(bits: Int, groupSize: Int) throws -> QuantizedLinear {
    var problem = QuantizationProblem.synthetic(rows: 64, columns: 256, seed: 12)
    problem.weight = problem.weight.map(FloatFormat.bf16.round)
    return try problem.solved(
      .with {
        ($0.bits, $0.groupSize, $0.descAct, $0.scalesDtype) = (bits, groupSize, true, .f32)
      }
    ).linear
  }

  @Test("8 bits: codes drift, the largest wrap; finer groups more often")
  func eightBits() throws {
    let fine = try AutoGPTQPacker.packBF16(try Self.solved(bits: 8, groupSize: 64))
    let coarse = try AutoGPTQPacker.packBF16(try Self.solved(bits: 8, groupSize: 128))
    #expect(fine.wrappedCodes > 0)
    #expect(fine.wrappedCodes > coarse.wrappedCodes)
    let share = Double(fine.changedCodes) / Double(fine.linear.codes.elements.count)
    #expect(share > 0.02)
    #expect(share < 0.2)
    #expect(fine.linear.scalesDtype == .bf16)
    #expect(fine.linear.grids.scales.elements.allSatisfy { FloatFormat.bf16.round($0) == $0 })
  }

  @Test("AutoGPTQ has no 5, 6 and 7 bits", arguments: [5, 6, 7])
  func noPlanes(bits: Int) throws {
    let linear = try Self.solved(bits: bits, groupSize: 128)
    #expect {
      try AutoGPTQPacker.packBF16(linear)
    } throws: { error in
      (error as? InputError)?.description == """
        error: packer autogptq-bf16 with bits \(bits)
          found: AutoGPTQ packs 2, 3, 4 and 8 bits
          hint: use packer exact, or other bits
        """
    }
  }

  @Test("3 and 4 bits: untouched", arguments: [3, 4])
  func fewBits(bits: Int) throws {
    let linear = try Self.solved(bits: bits, groupSize: 128)
    let packed = try AutoGPTQPacker.packBF16(linear)
    #expect(packed.changedCodes == 0)
    #expect(packed.linear.codes == linear.codes)
    #expect(packed.linear.grids.zeros == linear.grids.zeros)
  }

  @Test("an overflow becomes 0 and carries into the next code of the word, not of the next word")
  func carry() throws {
    // 1.0026 in bfloat16 is 1: the divisor shrinks, and 255 · 1.0026 rounds to 256.
    let scale: Float = 1.0026
    for position in 0..<4 {
      var codes = Matrix<UInt8>(rows: 32, columns: 32, repeating: 128)
      codes[0, position] = 255
      let linear = QuantizedLinear(
        bits: 8, sym: true, codes: codes,
        grids: GroupGrids(
          scales: Matrix(rows: 32, columns: 1, repeating: scale),
          zeros: Matrix(rows: 32, columns: 1, repeating: 128)),
        groupIndex: [Int32](repeating: 0, count: 32), scalesDtype: .f32)
      let packed = try AutoGPTQPacker.packBF16(linear)
      var expected = codes
      expected[0, position] = 0
      if position < 3 { expected[0, position + 1] = 129 }
      #expect(packed.linear.codes == expected)
      #expect(packed.wrappedCodes == 1)
    }
  }
}
