import Basics
import Foundation
import TestSupport
import Testing

@Suite("Outputs appear whole, and in the place of what they were to replace")
struct AtomicOutputTests {
  @Test("an output appears whole, replaces what was there, and leaves no partial file")
  func whole() throws {
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("new/out.txt")
      try AtomicOutput.write("one", to: url)
      try AtomicOutput.write("two", to: url)
      #expect(try String(contentsOf: url, encoding: .utf8) == "two")
      #expect(try names(url.deletingLastPathComponent()) == ["out.txt"])
    }
  }

  @Test("where nothing can be written the error is one of I/O, and nothing is left")
  func unwritable() throws {
    try withTemporaryDirectory { folder in
      let file = folder.appendingPathComponent("file")
      try AtomicOutput.write("x", to: file)
      #expect {
        try AtomicOutput.write("y", to: file.appendingPathComponent("below"))
      } throws: {
        ($0 as? InputError)?.kind == .io
      }
      #expect {
        try AtomicOutput.replace(file) { partial in
          try Data("half".utf8).write(to: partial)
          throw POSIXError(.ENOSPC)
        }
      } throws: {
        ($0 as? InputError)
          == InputError(
            .io, asked: "write \(file.path)", found: "No space left on device",
            hint: "check that the folder exists, is writable and has free space")
      }
      #expect(try String(contentsOf: file, encoding: .utf8) == "x")
      #expect(try names(folder) == ["file"])
    }
  }

  @Test("a link stays and its target is replaced, also one that is not there yet")
  func links() throws {
    try withTemporaryDirectory { folder in
      let (far, link) = (
        folder.appendingPathComponent("far"), folder.appendingPathComponent("link")
      )
      try FileManager.default.createDirectory(at: far, withIntermediateDirectories: true)
      // A link to a link, the second one relative.
      let middle = far.appendingPathComponent("middle")
      try FileManager.default.createSymbolicLink(
        atPath: link.path, withDestinationPath: middle.path)
      try FileManager.default.createSymbolicLink(atPath: middle.path, withDestinationPath: "end")
      for text in ["one", "two"] {
        try AtomicOutput.write(text, to: link)
        let end = far.appendingPathComponent("end")
        #expect(try String(contentsOf: end, encoding: .utf8) == text)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link.path) == middle.path)
        #expect(try names(far) == ["end", "middle"])
      }
    }
  }

  @Test("a file keeps its mode", arguments: [0o600, 0o640, 0o755])
  func modes(mode: mode_t) throws {
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("out")
      try Data().write(to: url)
      chmod(url.path, mode)
      try AtomicOutput.write("new", to: url)
      var status = stat()
      #expect(stat(url.path, &status) == 0 && status.st_mode & 0o7777 == mode)
    }
  }

  @Test("into a pipe the bytes are written, and the pipe stays; whole files go through it, too")
  func pipes() throws {
    try withTemporaryDirectory { folder in
      let pipe = folder.appendingPathComponent("pipe")
      #expect(mkfifo(pipe.path, 0o600) == 0)
      // Held open at both ends, so that nobody waits.
      let reader = open(pipe.path, O_RDWR | O_NONBLOCK)
      defer { close(reader) }
      for write in [
        { try AtomicOutput.write("text", to: pipe) },
        { try AtomicOutput.replace(pipe) { try Data("text".utf8).write(to: $0) } },
      ] {
        try write()
        var bytes = [UInt8](repeating: 0, count: 16)
        #expect(read(reader, &bytes, 16) == 4 && bytes.prefix(4).elementsEqual("text".utf8))
        #expect(OutputPlace(pipe.path).isStream)
      }
      #expect(try names(folder) == ["pipe"])
    }
  }

  @Test("two that write one output at a time do not meet")
  func together() throws {
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("out")
      try AtomicOutput.replace(url) { outer in
        try Data("outer".utf8).write(to: outer)
        try AtomicOutput.write("inner", to: url)
        #expect(try String(contentsOf: url, encoding: .utf8) == "inner")
      }
      #expect(try String(contentsOf: url, encoding: .utf8) == "outer")
      #expect(try names(folder) == ["out"])
    }
  }

  @Test(
    "what a killed run left is cleared away; what one is writing, or is new, or is no such file, stays"
  )
  func leftovers() throws {
    try withTemporaryDirectory { folder in
      let left = [".out.1a2b.partial", ".out.1a2b.partial-wal", ".out.77.partial", ".out.partial"]
      for name in left { try Data("x".utf8).write(to: folder.appendingPathComponent(name)) }
      for name in left where name != ".out.77.partial" {
        try age(folder.appendingPathComponent(name))
      }
      let url = folder.appendingPathComponent("out")
      try AtomicOutput.replace(url) { held in
        try age(held)
        try AtomicOutput.write("new", to: url)
        let expected = [held.lastPathComponent, ".out.77.partial", ".out.partial", "out"]
        #expect(try names(folder) == expected.sorted())
      }
    }
  }

  @Test("a folder takes the place of an empty one, and of another only where that is meant")
  func folders() throws {
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("out")
      func fill(_ text: String, replacing: Bool) throws {
        try AtomicOutput.replaceFolder(url, replacing: replacing) {
          try Data(text.utf8).write(to: $0.appendingPathComponent(text))
        }
      }
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
      try fill("one", replacing: false)
      #expect(throws: InputError.self) { try fill("two", replacing: false) }
      #expect(try names(url) == ["one"])
      try fill("two", replacing: true)
      #expect(try names(url) == ["two"])
      #expect(try names(folder) == ["out"])
    }
  }

  /// Makes a file look as if nobody had touched it for long.
  private func age(_ url: URL) throws {
    let long = timeval(tv_sec: 1000, tv_usec: 0)
    try #require(utimes(url.path, [long, long]) == 0)
  }

  private func names(_ folder: URL) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }
}
