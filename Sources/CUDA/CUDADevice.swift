import Basics
import CCUDA
import Foundation

/// One GPU: its memory, its stream of work, its compiled kernels, cuBLAS and cuSOLVER.
///
/// Work is put on one stream and done in its order; calls return before it is done unless they hand
/// host values back. The first failure (out of memory, a lost device) is remembered in `failure`;
/// after it nothing is launched any more, and host values are zeros.
public final class CUDADevice: @unchecked Sendable {
  /// The GPU's name.
  public let name: String
  /// Its number among the machine's GPUs.
  public let ordinal: Int
  /// Its compute capability, such as 9.0.
  public let capability: (major: Int, minor: Int)
  /// Its multiprocessors.
  public let multiprocessors: Int
  /// Versions as CUDA counts them: 13000 is 13.0.
  public let versions: (driver: Int, compiler: Int, blas: Int)

  /// The libraries, as they were found.
  public let files: [String]
  /// Columns up to which cuSOLVER inverts a triangle; larger ones are inverted by halves.
  public var inverseLeaf = 2048
  /// Columns of a block on the diagonal of a Hessian, which is computed whole.
  public var gramBlock = 512
  /// Columns of a panel of A·H where a trace is taken.
  public var tracePanel = 2048

  let api: tenbin_cuda_api
  let stream: Handle
  let blas: Handle
  let solver: Handle
  let solverParameters: Handle
  let staging: PinnedStaging
  /// What comes down from matrices that know when they are ready, while the stream works on.
  let copies: PinnedStaging
  /// What goes up, on a stream of its own.
  let uploads: PinnedStaging
  /// What the device was at when it was last asked for matrices that wait in the host's memory.
  var arrivals: [DeviceEvent] = []
  /// Where matrices wait that have no room here.
  let pinned: PinnedPool
  /// When it did what, where somebody wants to know.
  var timeline: DeviceTimeline?
  /// Places for numbers on their way down.
  var counts: CountSlots
  let context: Handle
  let pool: Handle
  /// The driver's number of it.
  let number: Int32
  private let compiler: KernelCompiler
  private var functions: [Kernel: Handle] = [:]
  private var modules: [KernelFile: Handle] = [:]
  private let lock = NSRecursiveLock()
  private var firstFailure: InputError?
  private var workspace: UInt64 = 0

  /// Takes GPU `ordinal`.
  /// - Parameters:
  ///   - files: where the functions come from, for doctor.
  ///   - cache: where compiled kernels are kept between runs; nil keeps them nowhere.
  /// - Throws: `InputError` where there is no such GPU, or none that can do what tenbin needs.
  public init(
    _ ordinal: Int = 0, api: tenbin_cuda_api, files: [String] = [],
    cache: URL? = KernelCompiler.defaultCache
  ) throws(InputError) {
    self.api = api
    self.files = files
    self.ordinal = ordinal
    func require(_ code: Int32, _ what: String) throws(InputError) {
      guard code == 0 else {
        throw InputError(
          .failed, asked: "start CUDA device \(ordinal)",
          found: "\(what) failed: \(Self.text(of: code, api))",
          hint: "see whether nvidia-smi shows the GPU and free memory, or use --device cpu")
      }
    }
    try require(api.initialize(0), "the driver")
    var count: Int32 = 0
    try require(api.device_count(&count), "counting GPUs")
    guard (0..<Int(count)).contains(ordinal) else {
      throw InputError(
        .usage, asked: "compute on CUDA device \(ordinal)",
        found: count == 0 ? "no GPU" : "GPUs 0 to \(count - 1)",
        hint: count == 0 ? "use --device cpu" : "use --device cuda:0, or another of them")
    }
    var number: Int32 = 0
    try require(api.device_get(&number, Int32(ordinal)), "finding it")
    self.number = number
    var characters = [CChar](repeating: 0, count: 256)
    try require(api.device_name(&characters, 256, number), "reading its name")
    name = characters.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
    func attribute(_ attribute: Int32) -> Int {
      var value: Int32 = 0
      return api.device_attribute(&value, attribute, number) == 0 ? Int(value) : 0
    }
    capability = (attribute(75), attribute(76))
    multiprocessors = max(1, attribute(16))
    guard capability.major >= 8 else {
      throw InputError(
        .usage, asked: "compute on CUDA device \(ordinal)",
        found: "\(name), of compute capability \(capability.major).\(capability.minor)",
        hint: "use a GPU of compute capability 8.0 (Ampere) or later, or --device cpu")
    }
    var handle: Handle = nil
    try require(api.context_retain(&handle, number), "its context")
    context = handle
    try require(api.context_set(context), "its context")
    try require(api.stream_create(&handle, 1), "a stream")
    stream = handle
    // Freed memory stays with the process: giving it back and taking it again would wait each time.
    try require(api.default_pool(&handle, number), "its memory pool")
    pool = handle
    var keepAll = UInt64.max
    try require(api.pool_set(pool, PoolAttribute.releaseThreshold, &keepAll), "its memory pool")
    // Memory that one stream has let go and is not done with yet is not given to another, which would
    // have to wait for it.
    var never: UInt64 = 0
    try require(api.pool_set(pool, PoolAttribute.reuseWithWaiting, &never), "its memory pool")
    try require(api.blas_create(&handle), "cuBLAS")
    blas = handle
    try require(api.blas_set_stream(blas, stream), "cuBLAS")
    try require(api.solver_create(&handle), "cuSOLVER")
    solver = handle
    try require(api.solver_set_stream(solver, stream), "cuSOLVER")
    try require(api.solver_parameters(&handle), "cuSOLVER")
    solverParameters = handle
    staging = PinnedStaging(api: api, stream: stream)
    pinned = PinnedPool(api: api)
    try require(api.stream_create(&handle, 1), "a stream")
    copies = PinnedStaging(api: api, stream: handle)
    try require(api.stream_create(&handle, 1), "a stream")
    uploads = PinnedStaging(api: api, stream: handle)
    counts = CountSlots(api: api)

    var (driver, major, minor, blasVersion): (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
    _ = api.driver_version(&driver)
    _ = api.compiler_version(&major, &minor)
    _ = api.blas_version(blas, &blasVersion)
    versions = (Int(driver), Int(major) * 1000 + Int(minor) * 10, Int(blasVersion))
    compiler = KernelCompiler(
      api: api, architecture: "sm_\(capability.major)\(capability.minor)",
      version: versions.compiler, cache: cache)
    // A workspace of one size, so that cuBLAS's choices, and with them the bits, are the same each run.
    if api.allocate(&workspace, Self.workspaceBytes, stream) == 0 {
      try require(api.blas_set_workspace(blas, workspace, Self.workspaceBytes), "cuBLAS")
    }
  }

  private static let workspaceBytes = 64 << 20

  deinit {
    _ = api.context_set(context)
    _ = api.stream_synchronize(stream)
    if workspace != 0 { _ = api.release(workspace, stream) }
    for stagings in [staging, copies, uploads] {
      _ = api.stream_synchronize(stagings.stream)
      stagings.release()
    }
    counts.release()
    pinned.release()
    for module in modules.values { _ = api.module_unload(module) }
    _ = api.solver_parameters_destroy(solverParameters)
    _ = api.solver_destroy(solver)
    _ = api.blas_destroy(blas)
    _ = api.stream_destroy(copies.stream)
    _ = api.stream_destroy(uploads.stream)
    _ = api.stream_destroy(stream)
    _ = api.context_release(number)
  }

  /// The first thing that went wrong, if anything did.
  public var failure: InputError? { perform { firstFailure } }

  /// Bytes of its memory that are free, and all of them.
  public var memory: (free: Int, total: Int) {
    perform {
      var (free, total) = (0, 0)
      _ = api.memory_info(&free, &total)
      // What the pool holds and nothing uses is free as well.
      return (free + poolBytes(.reserved) - poolBytes(.used), total)
    }
  }

  /// The most bytes of its memory that were in use at once.
  public var peakBytes: Int { perform { poolBytes(.usedHigh) } }

  /// Runs `body` with the device's context current, and with nobody else in it.
  func perform<Value>(_ body: () -> Value) -> Value {
    lock.lock()
    defer { lock.unlock() }
    _ = api.context_set(context)
    return body()
  }

  /// Runs `body`, which waits or copies, with the device's context current; others may use the device
  /// meanwhile.
  func inContext<Value>(_ body: () -> Value) -> Value {
    _ = api.context_set(context)
    return body()
  }

  /// Whether nothing has failed, for who is not in `perform`.
  var isReady: Bool { perform { isWell } }

  /// All streams.
  var streams: [Handle] { [stream, copies.stream, uploads.stream] }

  /// Remembers a failed call; 0 is success. Returns whether all is well so far.
  @discardableResult
  func check(_ code: Int32, _ what: @autoclosure () -> String) -> Bool {
    if code != 0, firstFailure == nil {
      firstFailure = InputError(
        .failed, asked: "compute on CUDA device \(ordinal)",
        found: "\(what()) failed: \(Self.text(of: code, api))", hint: Self.hint(for: code))
    }
    return firstFailure == nil
  }

  /// Whether nothing has failed.
  var isWell: Bool { firstFailure == nil }

  /// Remembers a failure that has its own words.
  func fail(_ error: InputError) {
    perform { if firstFailure == nil { firstFailure = error } }
  }

  /// Waits until everything so far is done.
  public func synchronize() {
    let code = inContext { api.stream_synchronize(stream) }
    perform { _ = check(code, "waiting for the GPU") }
  }

  /// The compiled kernel; nil after a failure.
  func function(_ kernel: Kernel) -> Handle {
    if let known = functions[kernel] { return known }
    guard let module = module(kernel.file) else { return nil }
    var function: Handle = nil
    guard check(api.module_function(&function, module, kernel.name), "finding \(kernel.name)")
    else { return nil }
    functions[kernel] = function
    return function
  }

  private func module(_ file: KernelFile) -> Handle {
    if let known = modules[file] { return known }
    guard isWell else { return nil }
    do throws(InputError) {
      modules[file] = try compiler.module(file)
    } catch {
      fail(error)
    }
    return modules[file] ?? nil
  }

  private enum PoolAttribute: Int32 {
    static let reuseWithWaiting: Int32 = 3
    static let releaseThreshold: Int32 = 4
    case reserved = 5
    case used = 7
    case usedHigh = 8
  }

  private func poolBytes(_ attribute: PoolAttribute) -> Int {
    var value: UInt64 = 0
    return api.pool_get(pool, attribute.rawValue, &value) == 0 ? Int(clamping: value) : 0
  }

  private static func text(of code: Int32, _ api: tenbin_cuda_api) -> String {
    var text: UnsafePointer<CChar>?
    guard api.error_string(code, &text) == 0, let text else { return "error \(code)" }
    return "\(String(cString: text)) (\(code))"
  }

  private static func hint(for code: Int32) -> String {
    code == 2
      ? "make the job smaller (fewer samples or trials at once), or use a GPU with more memory"
      : "run the same command again: it goes on after the last saved layer; or use --device cpu"
  }
}
