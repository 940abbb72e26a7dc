import CCUDA

/// One of the libraries' handles: a context, a stream, a function.
typealias Handle = tenbin_handle?

/// A file of `Kernels/`, and what it is compiled for.
struct KernelFile: Hashable {
  var name: String
  /// Attention's width of a head; nil for the other files.
  var headWidth: Int?
}

/// A kernel by its name in its file.
struct Kernel: Hashable {
  var file: KernelFile
  var name: String

  init(_ file: String, _ name: String, headWidth: Int? = nil) {
    self.file = KernelFile(name: file + ".cu", headWidth: headWidth)
    self.name = name
  }
}

/// One argument of a kernel, as its bytes.
enum KernelArgument {
  case pointer(DevicePointer)
  case int(Int32)
  case long(Int64)
  case float(Float)
  case double(Double)
  /// A struct that begins with pointers, word after word.
  case fields([DevicePointer], [UInt64])

  static func memory(_ memory: DeviceMemory) -> KernelArgument { .pointer(DevicePointer(memory)) }
  static func int(_ value: Int) -> KernelArgument { .int(Int32(value)) }
  static func long(_ value: Int) -> KernelArgument { .long(Int64(value)) }

  fileprivate var words: [UInt64] {
    switch self {
    case .pointer(let value): [value.address]
    case .int(let value): [UInt64(UInt32(bitPattern: value))]
    case .long(let value): [UInt64(bitPattern: value)]
    case .float(let value): [UInt64(value.bitPattern)]
    case .double(let value): [value.bitPattern]
    case .fields(let pointers, let words): pointers.map(\.address) + words
    }
  }
}

extension CUDADevice {
  /// Threads of a block where nothing else is said.
  static let blockThreads = 256

  /// Puts a kernel on `stream`, or on that which computes. `shared` is bytes of dynamic shared memory. A grid without blocks
  /// is nothing to do.
  func launch(
    _ kernel: Kernel, grid: (Int, Int), block: (Int, Int) = (blockThreads, 1), shared: Int = 0,
    on stream: Handle = nil, _ arguments: [KernelArgument]
  ) {
    if grid.0 == 0 || grid.1 == 0 { return }
    // What the arguments point to may be let go only when the kernel is on the stream.
    withExtendedLifetime(arguments) {
      perform { put(kernel, grid, block, shared, stream ?? self.stream, arguments) }
    }
  }

  private func put(
    _ kernel: Kernel, _ grid: (Int, Int), _ block: (Int, Int), _ shared: Int,
    _ stream: Handle, _ arguments: [KernelArgument]
  ) {
    guard isWell, let function = function(kernel) else { return }
    if shared > 48 << 10 {
      let largestShared: Int32 = 8
      check(
        api.function_set(function, largestShared, Int32(shared)), "shared memory of \(kernel.name)")
    }
    var words: [UInt64] = []
    var starts: [Int] = []
    for argument in arguments {
      starts.append(words.count)
      words += argument.words
    }
    words.withUnsafeMutableBufferPointer { words in
      guard let base = words.baseAddress else { return }
      var places: [UnsafeMutableRawPointer?] = starts.map { UnsafeMutableRawPointer(base + $0) }
      check(
        timed(kernel.name, stream == uploads.stream ? .up : .compute, on: stream) {
          api.launch(
            function, UInt32(grid.0), UInt32(grid.1), 1, UInt32(block.0), UInt32(block.1), 1,
            UInt32(shared), stream, &places, nil)
        }, "launching \(kernel.name)")
    }
  }

  /// Blocks for a kernel in which every thread takes one of `count` things after another.
  func blocks(for count: Int) -> Int {
    min((count + Self.blockThreads - 1) / Self.blockThreads, multiprocessors * 8)
  }
}
