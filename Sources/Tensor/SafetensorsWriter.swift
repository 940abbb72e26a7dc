import Basics
import Foundation

/// Writes one safetensors file: the header, declared up front, then the tensors in its order, as
/// they come. The file stands under a temporary name until `finish`, so that a run that dies leaves
/// no half of one.
public struct SafetensorsWriter: ~Copyable {
  /// A tensor to come.
  public struct Entry: Sendable, Hashable {
    /// Its name.
    public let name: String
    /// The element type's name in the header.
    public let dtype: String
    /// Its shape, outermost dimension first.
    public let shape: [Int]
    /// How many bytes it takes.
    public let byteCount: Int

    /// A tensor of any type, whose size is known.
    public init(name: String, dtype: String, shape: [Int], byteCount: Int) {
      self.name = name
      self.dtype = dtype
      self.shape = shape
      self.byteCount = byteCount
    }

    /// A tensor of a type that tenbin knows.
    public init(name: String, type: StorageType, shape: [Int]) {
      self.init(
        name: name, dtype: type.rawValue, shape: shape,
        byteCount: shape.reduce(type.byteCount, *))
    }
  }

  /// Where the file will appear.
  public let url: URL
  /// The tensors, in the order in which they are written.
  public let entries: [Entry]
  private let partial: URL
  private let handle: FileHandle
  private let starts: [Int]
  private var written = 0
  private var staysOnFailure = false

  /// Creates the file and writes its header. `metadata` becomes `__metadata__`.
  /// - Precondition: names differ.
  public init(
    _ url: URL, entries: [Entry], metadata: [String: String] = ["format": "pt"]
  ) throws(InputError) {
    let header = Self.header(entries, metadata)
    let partial = AtomicOutput.partialURL(for: url)
    handle = try Self.create(partial, header)
    self.url = url
    self.entries = entries
    self.partial = partial
    starts = Self.starts(entries, header)
  }

  /// Goes on with a file that was begun with the same `entries` and left by `stayOnFailure`, after
  /// its first `written` tensors; nil where no such file stands there.
  public init?(
    resuming url: URL, entries: [Entry], written: Int, metadata: [String: String] = ["format": "pt"]
  ) throws(InputError) {
    let header = Self.header(entries, metadata)
    let partial = AtomicOutput.partialURL(for: url)
    let files = FileManager.default
    // It may have been finished after the moment that is gone on from.
    if !files.fileExists(atPath: partial.path), files.fileExists(atPath: url.path) {
      try AtomicOutput.publish(url, as: partial)
    }
    let starts = Self.starts(entries, header)
    let last = entries.last.map { (starts.last ?? header.count) + $0.byteCount }
    let end = written < entries.count ? starts[written] : last ?? header.count
    guard written <= entries.count,
      let opened = try Self.reopen(partial, header: header, end: end)
    else { return nil }
    handle = opened
    self.url = url
    self.entries = entries
    self.partial = partial
    self.starts = starts
    self.written = written
    staysOnFailure = true
  }

  deinit {
    try? handle.close()
    // After `finish` this name is gone.
    if !staysOnFailure { try? FileManager.default.removeItem(at: partial) }
  }

  /// Leaves the unfinished file where it is when the writer ends, to be resumed.
  public mutating func stayOnFailure() { staysOnFailure = true }

  /// The tensor that `append` expects; nil after the last.
  public var next: Entry? { written < entries.count ? entries[written] : nil }

  /// Appends the bytes of the next tensor.
  /// - Precondition: they are as many as declared.
  public mutating func append(_ bytes: [UInt8]) throws(InputError) {
    precondition(next?.byteCount == bytes.count, "the tensor that was declared")
    do {
      try handle.write(contentsOf: Data(bytes))
    } catch {
      throw AtomicOutput.ioError("write \(url.path)", error)
    }
    written += 1
  }

  /// Reads the tensor written last from the file again.
  public func readLast() throws(InputError) -> [UInt8] {
    precondition(written > 0, "something was written")
    let entry = entries[written - 1]
    do {
      let reader = try FileHandle(forReadingFrom: partial)
      defer { try? reader.close() }
      try reader.seek(toOffset: UInt64(starts[written - 1]))
      return [UInt8](try reader.read(upToCount: entry.byteCount) ?? Data())
    } catch {
      throw AtomicOutput.ioError("read \(url.path) again", error)
    }
  }

  /// Whether the tensor written last stands in the file as `bytes`, a few megabytes at a time.
  public func lastEquals(_ bytes: [UInt8]) throws(InputError) -> Bool {
    precondition(written > 0, "something was written")
    let entry = entries[written - 1]
    guard bytes.count == entry.byteCount else { return false }
    do {
      let reader = try FileHandle(forReadingFrom: partial)
      defer { try? reader.close() }
      try reader.seek(toOffset: UInt64(starts[written - 1]))
      for start in stride(from: 0, to: bytes.count, by: 1 << 23) {
        let part = Data(bytes[start..<min(start + 1 << 23, bytes.count)])
        guard try reader.read(upToCount: part.count) == part else { return false }
      }
      return true
    } catch {
      throw AtomicOutput.ioError("read \(url.path) again", error)
    }
  }

  /// Gives the complete file its name.
  /// - Precondition: every declared tensor was appended.
  public consuming func finish() throws(InputError) {
    precondition(written == entries.count, "every tensor was written")
    do {
      try handle.synchronize()
      try handle.close()
    } catch {
      throw AtomicOutput.ioError("write \(url.path)", error)
    }
    try AtomicOutput.publish(partial, as: url)
  }

  /// Opens a file that begins with `header` to go on at `end`; nil where it is another or shorter.
  private static func reopen(
    _ file: URL, header: Data, end: Int
  ) throws(InputError) -> FileHandle? {
    guard FileManager.default.fileExists(atPath: file.path) else { return nil }
    do {
      let handle = try FileHandle(forUpdating: file)
      guard try handle.read(upToCount: header.count) == header,
        try handle.seekToEnd() >= UInt64(end)
      else { return nil }
      try handle.truncate(atOffset: UInt64(end))
      try handle.seekToEnd()
      return handle
    } catch {
      throw AtomicOutput.ioError("go on writing \(file.path)", error)
    }
  }

  /// Where each tensor begins in the file.
  private static func starts(_ entries: [Entry], _ header: Data) -> [Int] {
    var starts: [Int] = []
    var end = header.count
    for entry in entries {
      starts.append(end)
      end += entry.byteCount
    }
    return starts
  }

  /// Creates `file` with `header` in it.
  private static func create(_ file: URL, _ header: Data) throws(InputError) -> FileHandle {
    do {
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try header.write(to: file)
      let handle = try FileHandle(forUpdating: file)
      try handle.seekToEnd()
      return handle
    } catch {
      try? FileManager.default.removeItem(at: file)
      throw AtomicOutput.ioError("write \(file.path)", error)
    }
  }

  /// Eight bytes of length and the JSON, padded so that the data begins at a multiple of 8.
  private static func header(_ entries: [Entry], _ metadata: [String: String]) -> Data {
    var members = ["__metadata__": HeaderMember.metadata(metadata)]
    var offset = 0
    for entry in entries {
      let isNew = members.updateValue(
        .tensor(
          dtype: entry.dtype, shape: entry.shape, offsets: [offset, offset + entry.byteCount]),
        forKey: entry.name)
      precondition(isNew == nil, "one tensor named \(entry.name)")
      offset += entry.byteCount
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var json = (try? encoder.encode(members)) ?? Data()
    json.append(contentsOf: [UInt8](repeating: 0x20, count: (8 - json.count % 8) % 8))
    var header = withUnsafeBytes(of: UInt64(json.count).littleEndian) { Data($0) }
    header.append(json)
    return header
  }
}

/// A value of the header's JSON object.
private enum HeaderMember: Encodable {
  case metadata([String: String])
  case tensor(dtype: String, shape: [Int], offsets: [Int])

  enum CodingKeys: String, CodingKey {
    case dtype, shape
    case offsets = "data_offsets"
  }

  func encode(to encoder: any Encoder) throws {
    switch self {
    case .metadata(let pairs): try pairs.encode(to: encoder)
    case .tensor(let dtype, let shape, let offsets):
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(dtype, forKey: .dtype)
      try container.encode(shape, forKey: .shape)
      try container.encode(offsets, forKey: .offsets)
    }
  }
}
