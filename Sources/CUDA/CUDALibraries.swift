import Basics
import CCUDA
import Foundation

/// NVIDIA's driver, cuBLAS, cuSOLVER and NVRTC, found when the program runs: it is built with no
/// toolkit, and starts on machines without a GPU.
public struct CUDALibraries: @unchecked Sendable {
  /// Their functions.
  public let api: tenbin_cuda_api
  /// What was loaded: a soname that the system's loader knows, or a path.
  public let files: [String]

  /// The environment variable that names folders to look into first, separated by colons.
  public static let pathVariable = "TENBIN_CUDA_PATH"

  /// The oldest CUDA version that a driver may be for.
  static let oldestDriver = 12

  /// Loads them.
  ///
  /// Looked through, in this order: the folders of `TENBIN_CUDA_PATH` (and their `lib64` and `lib`),
  /// the system's loader, `/usr/local/cuda`, and the `nvidia` packages of the Python environment that
  /// `VIRTUAL_ENV` or `CONDA_PREFIX` names.
  /// - Throws: `InputError` where there is no driver, one too old, or a library is missing.
  public static func load(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(InputError) -> CUDALibraries {
    let folders = Folders(environment)
    guard let driver = open("libcuda.so.1", in: folders) else {
      throw InputError(
        .usage, asked: "compute on a CUDA device",
        found: "no NVIDIA driver: libcuda.so.1 is not on this machine",
        hint: "use --device cpu, or a machine with an NVIDIA GPU and its driver")
    }
    let major = try driverVersion(driver.handle) / 1000
    guard major >= oldestDriver else {
      throw InputError(
        .usage, asked: "compute on a CUDA device",
        found: "a driver for CUDA \(major)",
        hint: "update the NVIDIA driver to one for CUDA \(oldestDriver) or later")
    }
    // The libraries of a newer CUDA than the driver's do not start.
    let blas = try open("cublas", [13, 12].filter { $0 <= major }, in: folders)
    let solver = try open("cusolver", major >= 13 ? [12, 11] : [11], in: folders)
    let compiler = try open("nvrtc", [13, 12].filter { $0 <= major }, in: folders)

    let libraries = tenbin_cuda_libraries(
      driver: driver.handle, compiler: compiler.handle, blas: blas.handle, solver: solver.handle)
    let room = UnsafeMutablePointer<tenbin_cuda_api>.allocate(capacity: 1)
    defer { room.deallocate() }
    if let missing = tenbin_cuda_bind(libraries, room) {
      throw InputError(
        .usage, asked: "compute on a CUDA device",
        found: "\(String(cString: missing)) is in none of the CUDA libraries that were found",
        hint: "update the driver and the CUDA libraries, or name others in \(pathVariable)")
    }
    return CUDALibraries(
      api: room.pointee, files: [driver, blas, solver, compiler].map(\.file))
  }

  private struct Library {
    var handle: UnsafeMutableRawPointer
    var file: String
  }

  /// Where to look, before and after the system's loader.
  private struct Folders {
    var first: [String]
    var last: [String]

    init(_ environment: [String: String]) {
      let named = (environment[pathVariable] ?? "").split(separator: ":").map(String.init)
      first = named.flatMap { [$0, $0 + "/lib64", $0 + "/lib"] }
      last = ["/usr/local/cuda/lib64", "/usr/local/cuda/targets/x86_64-linux/lib"]
      for variable in ["VIRTUAL_ENV", "CONDA_PREFIX"] {
        guard let root = environment[variable] else { continue }
        for python in Self.contents(root + "/lib") where python.hasPrefix("python") {
          let packages = "\(root)/lib/\(python)/site-packages/nvidia"
          last += Self.contents(packages).map { "\(packages)/\($0)/lib" }
        }
      }
    }

    private static func contents(_ folder: String) -> [String] {
      ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }
  }

  private static func open(_ soname: String, in folders: Folders) -> Library? {
    let places =
      folders.first.map { "\($0)/\(soname)" } + [soname] + folders.last.map { "\($0)/\(soname)" }
    for place in places {
      if let handle = dlopen(place, RTLD_NOW) { return Library(handle: handle, file: place) }
    }
    return nil
  }

  /// Opens the first of a library's versions that is there.
  private static func open(
    _ name: String, _ versions: [Int], in folders: Folders
  ) throws(InputError) -> Library {
    let sonames = versions.map { "lib\(name).so.\($0)" }
    for soname in sonames {
      guard let library = open(soname, in: folders) else { continue }
      // NVRTC opens a file beside itself by name alone: it must be there already.
      if name == "nvrtc", library.file.contains("/") {
        let folder = URL(fileURLWithPath: library.file).deletingLastPathComponent().path
        for file in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        where file.hasPrefix("libnvrtc-builtins.so") { _ = dlopen("\(folder)/\(file)", RTLD_NOW) }
      }
      return library
    }
    throw InputError(
      .usage, asked: "compute on a CUDA device",
      found: "an NVIDIA driver, but no \(sonames.joined(separator: " or "))",
      hint: "install CUDA's libraries, or name the folder that has them in \(pathVariable)")
  }

  private static func driverVersion(_ driver: UnsafeMutableRawPointer) throws(InputError) -> Int {
    typealias Version = @convention(c) (UnsafeMutablePointer<Int32>) -> Int32
    var version: Int32 = 0
    guard let symbol = dlsym(driver, "cuDriverGetVersion"),
      unsafeBitCast(symbol, to: Version.self)(&version) == 0
    else {
      throw InputError(
        .usage, asked: "compute on a CUDA device",
        found: "a libcuda.so.1 that does not tell its version",
        hint: "reinstall the NVIDIA driver, or use --device cpu")
    }
    return Int(version)
  }
}
