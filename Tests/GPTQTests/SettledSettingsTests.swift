import Basics
import Foundation
import GPTQ
import Tensor
import Testing

@Suite("Checkpoints whose settings do not fit their tensors")
struct SettledSettingsTests {
  static let names = ["model.layers.0.mlp.up_proj", "model.layers.0.mlp.down_proj"]

  /// Two linears of 96 x 64 and 64 x 96, and how they are written.
  struct Loose {
    var groupSize = 32
    var bits = 4
    var sym = true
    var stored = CheckpointFormat.v1
    var index: (@Sendable (QuantizedLinear) -> [Int32])?
    var only: Set<Int> = [0, 1]

    /// Writes tensors, and files of settings where they are given; returns the linears.
    func write(
      to folder: TemporaryFolder, own: String? = nil, config: String? = nil
    ) throws -> [QuantizedLinear] {
      let settings = QuantizeConfig.with {
        ($0.bits, $0.groupSize, $0.sym, $0.algorithm) = (bits, groupSize, sym, .rtn)
      }
      let solved = try CheckpointTests.solve(settings).map(\.linear)
      var tensors: [(SafetensorsWriter.Entry, [UInt8])] = []
      for (place, linear) in solved.enumerated() where only.contains(place) {
        let packed = try PackedLinear(linear, format: stored)
        func add(_ part: String, _ type: StorageType, _ shape: [Int], _ bytes: [UInt8]) {
          tensors.append((.init(name: names[place] + part, type: type, shape: shape), bytes))
        }
        for (part, words) in [(".qweight", packed.qweight), (".qzeros", packed.qzeros)] {
          add(part, .i32, [words.rows, words.columns], words.elements.littleEndianBytes)
        }
        add(
          ".scales", .f16, [packed.scales.rows, packed.scales.columns],
          FloatFormat.f16.encode(packed.scales.elements))
        if let index {
          let groups = index(linear)
          add(".g_idx", .i32, [groups.count], groups.littleEndianBytes)
        }
      }
      var writer = try SafetensorsWriter(folder["model.safetensors"], entries: tensors.map(\.0))
      for tensor in tensors { try writer.append(tensor.1) }
      try writer.finish()
      if let own { try folder.write(own, "quantize_config.json") }
      if let config { try folder.write(#"{"quantization_config":\#(config)}"#, "config.json") }
      return solved
    }
  }

  private func failure(_ body: () throws -> Void) -> InputError? {
    do {
      try body()
      return nil
    } catch {
      return error as? InputError
    }
  }

  @Test(
    "without g_idx the groups follow from the rows of scales, whatever group_size says",
    arguments: [16, 32, -1],
    ["", #","group_size":null"#, #","group_size":64"#, #","group_size":-1"#, #","group_size":32"#])
  func groups(size: Int, stated: String) throws {
    let folder = try TemporaryFolder()
    let linears = try Loose(groupSize: size).write(to: folder, own: #"{"bits":4\#(stated)}"#)
    let reader = try GPTQCheckpointReader(folder.url)
    for (name, linear) in zip(Self.names, linears) {
      #expect(try reader.weight(name) == linear.dequantized())
    }
    let says = stated.isEmpty || stated.contains("null") || stated.hasSuffix(":\(size)")
    let doubts = try reader.doubts()
    #expect(doubts.isEmpty == says, "\(doubts)")
    #expect(doubts.allSatisfy { $0.hasPrefix("group_size ") })
  }

  @Test("rows of scales that several sizes give are no answer")
  func ambiguous() throws {
    let folder = try TemporaryFolder()
    // 96 inputs in two groups: 48 and 48, or 64 and 32.
    let loose = Loose(groupSize: 64, only: [1])
    let linears = try loose.write(to: folder, own: #"{"bits":4}"#)
    let missing = try #require(failure { _ = try GPTQCheckpointReader(folder.url) })
    #expect(missing.kind == .badData)
    #expect(missing.found == "no group_size, and rows of scales that fit each of [48, 64]")
    #expect(
      missing.hint
        == "add group_size, as the quantizer had it, to quantize_config.json or config.json")
    try folder.write(#"{"bits":4,"group_size":32}"#, "quantize_config.json")
    let wrong = try #require(
      failure { _ = try GPTQCheckpointReader(folder.url).weight(Self.names[1]) })
    #expect(wrong.found == "group_size 32, but 2 rows of scales for 96 inputs and no g_idx")
    #expect(wrong.hint == "correct group_size in quantize_config.json and config.json")
    try folder.write(#"{"bits":4,"group_size":64}"#, "quantize_config.json")
    let reader = try GPTQCheckpointReader(folder.url)
    #expect(try reader.weight(Self.names[1]) == linears[1].dequantized())
    #expect(try reader.doubts() == [])
  }

  @Test("of two files that contradict each other the one that fits the tensors is read")
  func contradiction() throws {
    let (right, wrong) = (#"{"bits":4,"group_size":32}"#, #"{"bits":8,"group_size":-1}"#)
    for (own, config) in [(right, wrong), (wrong, right)] {
      let folder = try TemporaryFolder()
      let linears = try Loose().write(to: folder, own: own, config: config)
      let reader = try GPTQCheckpointReader(folder.url)
      #expect(reader.config.bits == 4 && reader.config.groupSize == 32)
      #expect(try reader.weight(Self.names[1]) == linears[1].dequantized())
      #expect(reader.contradictions.count == 2)
      let all = try reader.doubts()
      #expect(all.contains { $0.hasPrefix("bits is ") && $0.contains("8 in") })
      #expect(all.contains { $0.hasPrefix("group_size is ") && $0.contains("-1 in") })
    }
  }

  @Test("dynamic is read from the file that has it; in another order it is the same")
  func dynamic() throws {
    let rules = #""dynamic":{"-:.*q_proj":{},"+:.*down_proj":{"group_size":16}}"#
    let folder = try TemporaryFolder()
    _ = try Loose().write(
      to: folder, own: #"{"bits":4,"group_size":32}"#,
      config: #"{"bits":4,"group_size":32,\#(rules)}"#)
    let reader = try GPTQCheckpointReader(folder.url)
    #expect(reader.config.settings(of: Self.names[1]).groupSize == 16)
    #expect(reader.contradictions == ["dynamic differs in quantize_config.json and config.json"])
    let sorted = #""dynamic":{"+:.*down_proj":{"group_size":16},"-:.*q_proj":{}}"#
    _ = try Loose().write(
      to: folder, own: #"{"bits":4,"group_size":32,\#(rules)}"#,
      config: #"{"bits":4,"group_size":32,\#(sorted)}"#)
    #expect(try GPTQCheckpointReader(folder.url).contradictions == [])
  }

  @Test("bits are those of the shapes, with g_idx and without", arguments: [2, 3, 4, 8])
  func bits(bits: Int) throws {
    let folder = try TemporaryFolder()
    let linears = try Loose(bits: bits).write(
      to: folder, own: #"{"bits":\#(bits == 4 ? 8 : 4),"group_size":32}"#)
    let reader = try GPTQCheckpointReader(folder.url)
    #expect(try reader.bits(of: Self.names[0]) == bits)
    #expect(try reader.weight(Self.names[0]) == linears[0].dequantized())
    let doubts = try reader.doubts()
    #expect(doubts.count == 1)
    #expect(doubts[0].hasPrefix("bits are not those of the settings in 2 of 2 modules, such as"))
  }

  @Test(
    "how zeros are stored is settled by symmetric zeros where the files do not say",
    arguments: [CheckpointFormat.v1, .v2],
    [
      #""checkpoint_format":"gptq_marlin""#, #""is_marlin_format":true"#,
      #""checkpoint_format":"gptq","format":"gptq_v2""#,
      #""quant_method":"auto-round","packing_format":"auto_round:exllamav2""#,
      #""quant_method":"mixed_gptq""#,
    ])
  func zeros(stored: CheckpointFormat, said: String) throws {
    let folder = try TemporaryFolder()
    let linears = try Loose(stored: stored).write(
      to: folder, own: #"{"bits":4,"group_size":32,\#(said)}"#)
    let reader = try GPTQCheckpointReader(folder.url)
    #expect(reader.config.format == stored)
    #expect(try reader.linear(Self.names[0]).grids == linears[0].grids)
    #expect(try reader.doubts() == [])
  }

  @Test("asymmetric zeros settle nothing")
  func openZeros() throws {
    let folder = try TemporaryFolder()
    let said = #""bits":4,"group_size":32,"sym":false"#
    _ = try Loose(sym: false, stored: .v2).write(
      to: folder, own: #"{\#(said),"checkpoint_format":"gptq_v2"}"#,
      config: #"{\#(said),"checkpoint_format":"gptq"}"#)
    let error = try #require(failure { _ = try GPTQCheckpointReader(folder.url) })
    #expect(error.kind == .badData)
    #expect(error.asked == "read the zero points of \(folder.url.path)")
    #expect(
      error.found
        == "checkpoint_format gptq_v2, checkpoint_format gptq, and zeros that do not tell gptq from"
        + " gptq_v2")
    #expect(
      error.hint
        == "set checkpoint_format to gptq (stored less one) or gptq_v2 in both files")
  }

  @Test("zeros under the wrong label are read as labelled, and doubted")
  func mislabelled() throws {
    for (stored, label) in [(CheckpointFormat.v2, "gptq"), (.v1, "gptq_v2")] {
      let folder = try TemporaryFolder()
      let linears = try Loose(stored: stored).write(
        to: folder, own: #"{"bits":4,"group_size":32,"checkpoint_format":"\#(label)"}"#)
      let reader = try GPTQCheckpointReader(folder.url)
      let zeros = try reader.linear(Self.names[0]).grids.zeros
      let shift: Int32 = stored == .v2 ? 1 : -1
      #expect(zeros == linears[0].grids.zeros.map { $0 + shift })
      #expect(
        try reader.doubts() == [
          "zero points are not the middle code although sym is true in 2 of 2 modules, such as"
            + " \(Self.names[1]): they are read as checkpoint_format \(label) stores them; Marlin takes"
            + " the middle code"
        ])
    }
    let folder = try TemporaryFolder()
    _ = try Loose(sym: false, stored: .v2).write(
      to: folder, own: #"{"bits":4,"group_size":32,"sym":false,"checkpoint_format":"gptq_v2"}"#)
    #expect(try GPTQCheckpointReader(folder.url).doubts() == [])
  }

  @Test("what a g_idx can be, and cannot")
  func groupIndex() throws {
    func doubts(
      _ settings: String, _ index: @escaping @Sendable (QuantizedLinear) -> [Int32]
    ) throws -> [String] {
      let folder = try TemporaryFolder()
      _ = try Loose(index: index).write(to: folder, own: #"{"bits":4,"group_size":32\#(settings)}"#)
      return try GPTQCheckpointReader(folder.url).doubts()
    }
    let active = #","desc_act":true"#
    #expect(try doubts("") { $0.groupIndex } == [])
    #expect(try doubts(active) { $0.groupIndex } == [])
    #expect(try doubts(active) { $0.groupIndex.reversed() } == [])
    let reversed = try doubts("") { $0.groupIndex.reversed() }
    #expect(
      reversed.count == 1 && reversed[0].hasPrefix("g_idx is not run by run although desc_act"))
    let zero = try doubts(active) { $0.groupIndex.map { _ in 0 } }
    #expect(zero.count == 1)
    #expect(zero[0].hasPrefix("g_idx is 0 throughout beside several rows of scales in 2 of 2"))
    let uneven = try doubts(active) { [1] + $0.groupIndex.dropFirst() }
    #expect(
      uneven.count == 1 && uneven[0].hasPrefix("g_idx has groups that are not of group_size 32"))
    let beyond = try #require(
      failure { _ = try doubts("") { $0.groupIndex.map { $0 + 7 } } })
    #expect(beyond.asked.hasPrefix("read \(Self.names[1]).g_idx of "))
    #expect(beyond.found == "groups up to 9 and down to 7, where scales have 3 rows")
    #expect(beyond.hint == "the checkpoint is damaged: download it again")
    let folder = try TemporaryFolder()
    _ = try Loose().write(to: folder, own: #"{"bits":4,"group_size":32\#(active)}"#)
    let lost = try GPTQCheckpointReader(folder.url).doubts()
    #expect(
      lost.count == 1 && lost[0].hasPrefix("desc_act is true and there is no g_idx in 2 of 2"))
  }

  @Test("settings without codes, and codes without settings, are no checkpoint")
  func halves() throws {
    let folder = try TemporaryFolder()
    _ = try Loose(only: []).write(
      to: folder, config: #"{"quant_method":"gptq","bits":4,"group_size":32}"#)
    let reader = try #require(
      try GPTQCheckpointReader(ifQuantized: SafetensorsDirectory(folder.url)))
    let error = try #require(failure { _ = try reader.doubts() })
    #expect(
      error.found
        == "settings of a quantized model in config.json, and no codes: none of 0 tensors is a qweight"
    )
    #expect(
      error.hint
        == "give the folder with the quantized weights; to read these weights as they are, take the"
        + " quantization settings out of config.json")
    try folder.write("{}", "config.json")
    #expect(try GPTQCheckpointReader(ifQuantized: SafetensorsDirectory(folder.url)) == nil)
    // Settings of another tool speak of other files, not of plain weights.
    try folder.write(#"{"per_model_config":{}}"#, "quantize_config.json")
    #expect(try GPTQCheckpointReader(ifQuantized: SafetensorsDirectory(folder.url)) == nil)
    _ = try Loose().write(to: folder)
    #expect(failure { _ = try GPTQCheckpointReader(folder.url) }?.found.contains("ONNX") == true)
    try FileManager.default.removeItem(at: folder["quantize_config.json"])
    let silent = try #require(failure { _ = try GPTQCheckpointReader(folder.url) })
    #expect(silent.kind == .missing)
    #expect(
      silent.found == "neither quantize_config.json nor quantization_config in config.json")
  }
}
