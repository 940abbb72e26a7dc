import Basics
import Codecs
import Foundation
import TestSupport
import Testing

@Suite("What is said of files that cannot be opened, locked, read or decompressed")
struct BasicsErrorTests {
  @Test("a path that the system refuses is told by its own words")
  func refused() {
    let url = URL(fileURLWithPath: "/" + String(repeating: "a", count: 300))
    #expect(
      throws: InputError(
        .io, asked: "read the settings", found: "File name too long",
        hint: "check the path and the disk, then run it again")
    ) { try InputFile.data(url, asked: "read the settings", missing: "") }
  }

  @Test("a finished output whose place has been taken by a folder")
  func publish() throws {
    try withTemporaryDirectory { folder in
      let (partial, place) = (
        folder.appendingPathComponent("partial"), folder.appendingPathComponent("out")
      )
      try Data("x".utf8).write(to: partial)
      try AtomicOutput.write("y", to: place.appendingPathComponent("file"))
      #expect(
        throws: InputError(
          .io, asked: "rename the finished output to \(place.path)", found: "Is a directory",
          hint: "choose another --output, or remove what stands there")
      ) { try AtomicOutput.publish(partial, as: place) }
    }
  }

  @Test("a lock without a folder, or under the name of something else")
  func locks() throws {
    try withTemporaryDirectory { folder in
      func lock(_ path: String) throws(InputError) -> OutputLock {
        try OutputLock(
          folder.appendingPathComponent(path), asked: "write a study", hint: "wait for it")
      }
      #expect(
        throws: InputError(
          .io, asked: "write a study",
          found: "\(folder.path)/none/a.lock: No such file or directory",
          hint: "choose a folder that is there and writable")
      ) { try lock("none/a.lock") }
      try Data("[[package]]\n".utf8).write(to: folder.appendingPathComponent("Cargo.lock"))
      #expect(
        throws: InputError(
          .usage, asked: "write a study",
          found: "\(folder.path)/Cargo.lock is needed for a lock, and holds something else",
          hint: "move that file away, or write under another name")
      ) { try lock("Cargo.lock") }
    }
  }

  /// A stream of pieces of `size` bytes without end.
  private final class Endless: ByteStream {
    let piece: [UInt8]
    init(_ size: Int) { piece = [UInt8](repeating: UInt8(ascii: "x"), count: size) }
    func next() throws(InputError) -> [UInt8] { piece }
  }

  @Test("a text, and a line, of more than 256 MB")
  func tooLong() {
    #expect(
      throws: InputError(
        .badData, asked: "read a.txt as one text", found: "more than 256 MB",
        hint: "write it as JSONL, one document a line")
    ) { try Endless(1 << 26).all(of: "a.txt") }
    var lines = LineReader(Endless(1 << 26), name: "a.jsonl")
    #expect(
      throws: InputError(
        .badData, asked: "read line 1 of a.jsonl",
        found: "more than 256 MB without a line feed",
        hint: "check that the file has one record a line")
    ) { try lines.next() }
  }
}
