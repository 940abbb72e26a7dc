import Basics
import Foundation
import Tensor
import TestSupport
import Testing

@Suite("Reading safetensors")
struct SafetensorsFileTests {
  @Test("float types arrive as float32, at odd offsets too")
  func types() throws {
    let header = """
      {"__metadata__":{"format":"pt"},
       "a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},
       "b":{"dtype":"BF16","shape":[2],"data_offsets":[8,12]},
       "c":{"dtype":"F16","shape":[2],"data_offsets":[12,16]},
       "d":{"dtype":"I32","shape":[1],"data_offsets":[16,20]},
       "e":{"dtype":"I64","shape":[1],"data_offsets":[20,28]}}
      """
    var data = Data()
    for value in [1.5, -2] as [Float] { withUnsafeBytes(of: value) { data.append(contentsOf: $0) } }
    for value in [Float(0.15625), 1e30] {
      withUnsafeBytes(of: value.bfloat16Bits) { data.append(contentsOf: $0) }
    }
    for value in [Float16(0.333), -65504] {
      withUnsafeBytes(of: value.bitPattern) { data.append(contentsOf: $0) }
    }
    withUnsafeBytes(of: Int32(-7)) { data.append(contentsOf: $0) }
    data.append(Data(count: 8))
    for padding in ["", " "] {
      try withFile(header: header + padding, data: data) { url in
        let file = try SafetensorsFile(url)
        #expect(file.metadata == ["format": "pt"])
        #expect(try file.floats("a") == [1.5, -2])
        #expect(try file.floats("b") == [0.15625, Float(bfloat16Bits: Float(1e30).bfloat16Bits)])
        #expect(try file.floats("c") == [Float(Float16(0.333)), -65504])
        #expect(try file.int32s("d") == [-7])
        #expect(throws: InputError.self) { try file.floats("e") }
        #expect(throws: InputError.self) { try file.floats("missing") }
      }
    }
  }

  @Test("rows of a matrix arrive as they are stored, and mean what they mean as float32")
  func encoded() throws {
    try withTemporaryDirectory { folder in
      let values = (0..<15).map { Float($0) * 1.25 - 7 }
      for (format, type) in [(FloatFormat.bf16, StorageType.bf16), (.f16, .f16), (.f32, .f32)] {
        let url = folder.appendingPathComponent("\(format.rawValue).safetensors")
        var writer = try SafetensorsWriter(
          url, entries: [.init(name: "w", type: type, shape: [5, 3])])
        try writer.append(format.encode(values))
        try writer.finish()
        let file = try SafetensorsFile(url)
        let rows = try file.encoded("w", rows: 1..<4)
        #expect(rows.format == format && rows.bytes == format.encode(Array(values[3..<12])))
        #expect(
          rows.decoded == Matrix(rows: 3, columns: 3, elements: try file.floats("w", 3..<12)))
      }
    }
  }

  @Test("what a download left in a file's place is named")
  func foreign() throws {
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("model.safetensors")
      try Data("version https://git-lfs.github.com/spec/v1\nsize 99\n".utf8).write(to: url)
      let pointer = #expect(throws: InputError.self) { try SafetensorsDirectory(folder) }
      #expect(
        pointer
          == InputError(
            .badData, asked: "read the safetensors file \(url.path)",
            found: "a Git LFS pointer, which stands for a file of 99 bytes",
            hint: "the file itself was not downloaded: `git lfs pull` in its repository, or fetch "
              + "it again"))
    }
  }

  @Test(
    "a header that does not fit its file is refused",
    arguments: [
      #"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,12]}}"#,
      #"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}"#,
      #"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,0]}}"#,
      #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#,
      #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}"#,
      #"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}"#,
      #"{"a":{"dtype":"F32","shape":[2]}}"#, #"["a"]"#, "", "{",
      #"{"a":{"dtype":"F64","shape":[4611686018427387904],"data_offsets":[0,0]}}"#,
      #"{"a":{"dtype":"F4","shape":[25],"data_offsets":[0,12]}}"#,
      #"{"a":{"dtype":"I8","shape":[8],"data_offsets":[0,8]},"#
        + #""b":{"dtype":"I8","shape":[8],"data_offsets":[4,12]}}"#,
    ])
  func damagedHeader(header: String) throws {
    try withFile(header: header, data: Data(count: 12)) { url in
      #expect { try SafetensorsFile(url) } throws: { ($0 as? InputError)?.kind == .badData }
    }
  }

  @Test("a file cut short anywhere is refused")
  func truncated() throws {
    let whole = try Data(
      contentsOf: Repository.demoModel.appendingPathComponent("model.safetensors"))
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("model.safetensors")
      for length in [0, 7, 8, 100, 4000, whole.count - 1] {
        try whole.prefix(length).write(to: url)
        #expect { try SafetensorsFile(url) } throws: { ($0 as? InputError)?.kind == .badData }
      }
    }
  }

  @Test("a file that shrinks while it is open is an error, not the end of the process")
  func shrinking() throws {
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("model.safetensors")
      try FileManager.default.copyItem(
        at: Repository.demoModel.appendingPathComponent("model.safetensors"), to: url)
      let file = try SafetensorsFile(url)
      let handle = try FileHandle(forWritingTo: url)
      try handle.truncate(atOffset: 10_000)
      for name in file.entries.keys.sorted().dropFirst() {
        #expect { try file.floats(name) } throws: { ($0 as? InputError)?.kind == .io }
      }
      #expect { try file.hexDigest() } throws: { ($0 as? InputError)?.kind == .io }
    }
  }

  @Test("any range of any tensor of any type is what was written", arguments: 0..<40)
  func ranges(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    // Beyond one step of the conversion now and then.
    let count = Int(random.next() % (seed % 8 == 0 ? 1_200_000 : 300))
    let values = Matrix<Float>.gaussian(1, count, seed: seed).elements
    let numbers = (0..<count).map { _ in Int32(truncatingIfNeeded: random.next()) }
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("model.safetensors")
      let types = StorageType.allCases.shuffled(using: &random)
      var writer = try SafetensorsWriter(
        url, entries: types.map { .init(name: "\($0)", type: $0, shape: [count]) })
      for type in types {
        let format = FloatFormat.allCases.first { $0.storageType == type }
        try writer.append(format.map { $0.encode(values) } ?? numbers.littleEndianBytes)
      }
      try writer.finish()
      let file = try SafetensorsFile(url)
      let lower = Int(random.next() % UInt64(count + 1))
      let range = lower..<lower + Int(random.next() % UInt64(count - lower + 1))
      for format in FloatFormat.allCases {
        let rounded = values.map(format.round)
        #expect(try file.floats("\(format)") == rounded)
        #expect(try file.floats("\(format)", range) == Array(rounded[range]))
      }
      #expect(try file.int32s("i32") == numbers)
      #expect(try file.int32s("i32", range) == Array(numbers[range]))
    }
  }

  @Test("a length field beyond the file is refused before anything is read")
  func hugeHeader() throws {
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("x.safetensors")
      try Data([255, 255, 255, 255, 255, 255, 255, 127, 0]).write(to: url)
      #expect(throws: InputError.self) { try SafetensorsFile(url) }
    }
  }

  private func withFile(header: String, data: Data, _ body: (URL) throws -> Void) throws {
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("test.safetensors")
      var file = Data()
      withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { file.append(contentsOf: $0) }
      file.append(Data(header.utf8))
      file.append(data)
      try file.write(to: url)
      try body(url)
    }
  }
}

@Suite("Folders of safetensors")
struct SafetensorsDirectoryTests {
  /// Two shards, `a` in the first and `b` in the second, under an index that says `places`.
  private func folder(
    _ places: [String: String], index: String = "model.safetensors.index.json",
    _ body: (URL) throws -> Void
  ) throws {
    try withTemporaryDirectory { folder in
      for (tensor, file) in [("a", "one.safetensors"), ("b", "two.safetensors")] {
        var writer = try SafetensorsWriter(
          folder.appendingPathComponent(file),
          entries: [.init(name: tensor, type: .f32, shape: [1])])
        try writer.append([0, 0, 128, 63])
        try writer.finish()
      }
      try JSONSerialization.data(withJSONObject: ["weight_map": places])
        .write(to: folder.appendingPathComponent(index))
      try body(folder)
    }
  }

  @Test(
    "shards under an index of the usual or of another name",
    arguments: ["model.safetensors.index.json", "gptq_model-4bit-128g.safetensors.index.json"])
  func shards(index: String) throws {
    try folder(["a": "one.safetensors", "b": "two.safetensors"], index: index) { url in
      let directory = try SafetensorsDirectory(url)
      #expect(directory.tensorNames == ["a", "b"])
      #expect(try directory.file(of: "b")?.floats("b") == [1])
    }
  }

  @Test(
    "an index that does not belong to its shards is refused",
    arguments: [
      ["a": "two.safetensors", "b": "two.safetensors"],
      ["a": "one.safetensors", "b": "two.safetensors", "c": "two.safetensors"],
      ["a": "one.safetensors", "b": "../two.safetensors"], ["a": "three.safetensors"], [:],
    ])
  func wrongIndex(places: [String: String]) throws {
    try folder(places) { url in
      #expect(throws: InputError.self) { try SafetensorsDirectory(url) }
    }
  }
}

@Suite("Rounding to storage types")
struct FloatFormatTests {
  @Test("bfloat16 rounds half to even and keeps NaN")
  func bfloat16() {
    #expect(Float(bitPattern: 0x3F80_8000).bfloat16Bits == 0x3F80)
    #expect(Float(bitPattern: 0x3F81_8000).bfloat16Bits == 0x3F82)
    #expect(Float(bitPattern: 0x3F80_8001).bfloat16Bits == 0x3F81)
    #expect(Float.greatestFiniteMagnitude.bfloat16Bits == 0x7F80)
    #expect(Float(bfloat16Bits: Float.nan.bfloat16Bits).isNaN)
    #expect(Float(bfloat16Bits: Float(bitPattern: 0x7F80_0001).bfloat16Bits).isNaN)
  }

  @Test("each format returns its own values unchanged", arguments: FloatFormat.allCases)
  func idempotent(format: FloatFormat) {
    for value in [0, 1, -0.1, 3.14159, 65504, 1e-7] as [Float] {
      #expect(format.round(format.round(value)) == format.round(value))
    }
  }
}
