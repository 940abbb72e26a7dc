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
