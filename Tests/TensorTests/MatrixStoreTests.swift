import Basics
import Foundation
import Tensor
import TestSupport
import Testing

@Suite("Matrices that wait in a file")
struct MatrixStoreTests {
  @Test("what waits in the file comes back to the bit, and its room is used again")
  func roundTrip() {
    let store = MatrixStore(budget: 4000)
    let matrices = (0..<5).map { Matrix<Float>.gaussian(10, 50, seed: UInt64($0)) }
    var kept = matrices.map { store.keep($0) }
    #expect(store.spilledBytes == 3 * 2000)
    for (stored, matrix) in zip(kept, matrices) { #expect(stored.matrix == matrix) }
    for index in kept.indices {
      let copy = kept[index]
      kept[index].update(in: store) { $0[3, 7] = 42 }
      var expected = matrices[index]
      #expect(copy.matrix == expected, "a copy is a value")
      expected[3, 7] = 42
      #expect(kept[index].matrix == expected)
    }
    #expect(store.failure == nil)
    kept = []
    _ = store.keep(matrices[0])
    let spilled = store.spilledBytes
    let again = store.keep(matrices[1])
    #expect(again.matrix == matrices[1] && store.spilledBytes == spilled, "released memory is free")
  }

  @Test("a folder that cannot be written is an error in three parts, kept until it is asked for")
  func failure() {
    let store = MatrixStore(budget: 0, directory: URL(fileURLWithPath: "/nonexistent-folder"))
    let matrix = Matrix<Float>.gaussian(2, 3, seed: 1)
    #expect(store.keep(matrix).matrix == matrix)
    #expect(store.failure?.kind == .io)
  }

  @Test("a safetensors file that was left unfinished is gone on with, byte for byte")
  func resumedFile() throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("tenbin-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let entries = (0..<4).map { index in
      SafetensorsWriter.Entry(name: "t\(index)", type: .i32, shape: [index + 1])
    }
    let parts = (0..<4).map { [UInt8](repeating: UInt8($0 + 1), count: 4 * ($0 + 1)) }
    let whole = folder.appendingPathComponent("whole.safetensors")
    let broken = folder.appendingPathComponent("broken.safetensors")
    var writer = try SafetensorsWriter(whole, entries: entries)
    for part in parts { try writer.append(part) }
    try writer.finish()
    for stop in 1...4 {
      do {
        var writer = try SafetensorsWriter(broken, entries: entries)
        for part in parts.prefix(stop) { try writer.append(part) }
        writer.stayOnFailure()
      }
      // It goes on from a moment before the last tensor was written.
      guard
        var resumed = try SafetensorsWriter(
          resuming: broken, entries: entries, written: stop - 1)
      else {
        Issue.record("nothing to resume")
        return
      }
      for part in parts.dropFirst(stop - 1) { try resumed.append(part) }
      try resumed.finish()
      #expect(try Data(contentsOf: broken) == Data(contentsOf: whole))
    }
    let other = try SafetensorsWriter(
      resuming: whole, entries: Array(entries.prefix(2)), written: 1)
    let isRefused = other == nil
    #expect(isRefused, "a file with another header")
  }

  @Test("a checksum sees every byte, and where parts end")
  func checksum() {
    let bytes = (0..<200).map { UInt8($0) }
    var whole = Checksum()
    whole.update(bytes)
    for place in [0, 63, 64, 199] {
      var other = bytes
      other[place] ^= 1
      var changed = Checksum()
      changed.update(other)
      #expect(changed != whole)
    }
    var again = Checksum()
    again.update(bytes)
    #expect(again == whole)
  }
}
