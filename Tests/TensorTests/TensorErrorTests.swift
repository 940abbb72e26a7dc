import Basics
import Foundation
import Tensor
import TestSupport
import Testing

@Suite("What is said of files of tensors")
struct TensorErrorTests {
  private static let folderHint =
    "give a Hugging Face model folder: config.json, *.safetensors, tokenizer.json"

  @Test("no such file, a folder, a file that shrinks while it is read")
  func files() throws {
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("a.safetensors")
      #expect(
        throws: InputError(
          .missing, asked: "open \(url.path)", found: "No such file or directory",
          hint: "check the path and its permissions")
      ) { try SafetensorsFile(url) }
      #expect(
        throws: InputError(
          .badData, asked: "open \(folder.path)", found: "not a regular file",
          hint: "give the path of a file")
      ) { try SafetensorsFile(folder) }
      try writeZeros(url, [("a", "F32", [2])])
      let file = try SafetensorsFile(url)
      try FileHandle(forWritingTo: url).truncate(atOffset: 60)
      #expect(
        throws: InputError(
          .io, asked: "read \(url.path)", found: "the end of a file that has shrunk",
          hint: "check the disk, and that nothing writes to the file")
      ) { try file.floats("a") }
    }
  }

  @Test("a tensor that is not there, or of a type that is not meant")
  func tensors() throws {
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("a.safetensors")
      try writeZeros(url, [("a", "I32", [2]), ("b", "U32", [1, 1])])
      let file = try SafetensorsFile(url)
      #expect(
        throws: InputError(
          .badData, asked: "read the tensor c of a.safetensors",
          found: "no such tensor among 2",
          hint: "check that config.json and the weights belong to the same model")
      ) { try file.floats("c") }
      func unsupported(_ tensor: String, _ type: String, _ expected: String) -> InputError {
        InputError(
          .badData, asked: "read the tensor \(tensor) of a.safetensors",
          found: "element type \(type), where \(expected) is expected",
          hint: "convert the checkpoint to a supported type")
      }
      #expect(throws: unsupported("a", "I32", "F32, F16 or BF16")) { try file.floats("a") }
      #expect(throws: unsupported("b", "U32", "F32, F16 or BF16")) {
        try file.encoded("b", rows: 0..<1)
      }
      #expect(throws: unsupported("b", "U32", "I32")) { try file.int32s("b") }
    }
  }

  @Test(
    "a header that does not fit its file says where",
    arguments: [
      ("{", "a header that is not the JSON of a safetensors file"),
      (#"{"a":{"x":"y"}}"#, "no dtype for the tensor a"),
      (
        #"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}"#,
        "a at bytes [0, 16] of the 12 bytes of data"
      ),
      (#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,0]}}"#, "a of shape [-1]"),
      (
        #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,12]}}"#,
        "a of shape [2] and type F32 in 12 bytes"
      ),
      (
        #"{"a":{"dtype":"I8","shape":[8],"data_offsets":[0,8]},"#
          + #""b":{"dtype":"I8","shape":[8],"data_offsets":[4,12]}}"#,
        "the tensors a and b in the same bytes"
      ),
    ])
  func headers(header: String, found: String) throws {
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("a.safetensors")
      try writeSafetensors(url, header: header, bytes: 12)
      #expect(throws: damaged(url, found)) { try SafetensorsFile(url) }
    }
  }

  @Test("a file without a whole header")
  func shortFiles() throws {
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("a.safetensors")
      try Data([1, 2, 3]).write(to: url)
      #expect(throws: damaged(url, "3 bytes, too few for a header")) { try SafetensorsFile(url) }
      try Data([100, 0, 0, 0, 0, 0, 0, 0, 1]).write(to: url)
      #expect(throws: damaged(url, "a header of 100 bytes in a file of 9")) {
        try SafetensorsFile(url)
      }
    }
  }

  private func damaged(_ url: URL, _ found: String) -> InputError {
    InputError(
      .badData, asked: "read the safetensors file \(url.path)", found: found,
      hint: "the file is damaged or cut short: copy or download it again")
  }

  @Test("folders: no file, several without an index, shards that are not those of their index")
  func folders() throws {
    try withTemporaryDirectory { folder in
      func failure(_ kind: InputError.Kind, _ found: String, _ hint: String) -> InputError {
        InputError(kind, asked: "open the model \(folder.path)", found: found, hint: hint)
      }
      #expect(throws: failure(.missing, "no safetensors file", Self.folderHint)) {
        try SafetensorsDirectory(folder)
      }
      for name in ["one.safetensors", "two.safetensors"] {
        try writeZeros(folder.appendingPathComponent(name), [("a", "F32", [1])])
      }
      #expect(throws: failure(.missing, "2 safetensors files and no index", Self.folderHint)) {
        try SafetensorsDirectory(folder)
      }
      let index = folder.appendingPathComponent("model.safetensors.index.json")
      func write(_ text: String) throws { try Data(text.utf8).write(to: index) }
      try write(#"{"weight_map": {"a": "one.safetensors", "b": "two.safetensors"}}"#)
      #expect(
        throws: failure(
          .badData, "the tensor a in two of its files",
          "keep only the shards that model.safetensors.index.json names")
      ) { try SafetensorsDirectory(folder) }
      try write(#"{"weight_map": {"a": "one.safetensors", "b": "one.safetensors"}}"#)
      #expect(
        throws: failure(
          .badData, "1 tensor that is not in the file its index names, such as b",
          "the index and the shards are of different downloads: get both again")
      ) { try SafetensorsDirectory(folder) }
      try write(#"{"weight_map": ["one.safetensors"]}"#)
      #expect(
        throws: InputError(
          .badData, asked: "read \(index.path)", found: "no weight_map of names to files",
          hint: "download the index again")
      ) { try SafetensorsDirectory(folder) }
      try write(#"{"weight_map": {"a": "../one.safetensors"}}"#)
      #expect(
        throws: InputError(
          .badData, asked: "read the weights of \(folder.path)",
          found: "an index that names files outside the folder",
          hint: "keep the shards beside their index")
      ) { try SafetensorsDirectory(folder) }
    }
  }

  @Test("hidden states that find no place on disk")
  func spilling() throws {
    let store = MatrixStore(budget: 0, directory: URL(fileURLWithPath: "/nonexistent-folder"))
    _ = store.keep(Matrix<Float>.gaussian(2, 3, seed: 1))
    #expect(
      store.failure
        == InputError(
          .io, asked: "make room for hidden states beyond the memory budget in /nonexistent-folder",
          found: "No such file or directory",
          hint: "free some space there, or give a larger --memory-budget"))
  }
}
