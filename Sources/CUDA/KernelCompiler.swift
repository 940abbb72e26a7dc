import Basics
import CCUDA
import Foundation

/// Compiles the kernels with NVRTC and keeps what came out in a folder, named by the hash of
/// everything that it depends on: source, architecture, options, compiler.
public struct KernelCompiler: @unchecked Sendable {
  let api: tenbin_cuda_api
  let architecture: String
  let version: Int
  let cache: URL?

  /// `tenbin/kernels` in the user's cache folder: `XDG_CACHE_HOME`, or `~/.cache`.
  public static var defaultCache: URL? {
    let environment = ProcessInfo.processInfo.environment
    let folder: URL
    if let path = environment["XDG_CACHE_HOME"], path.hasPrefix("/") {
      folder = URL(fileURLWithPath: path)
    } else if let home = environment["HOME"], home.hasPrefix("/") {
      folder = URL(fileURLWithPath: home).appendingPathComponent(".cache")
    } else {
      return nil
    }
    return folder.appendingPathComponent("tenbin/kernels")
  }

  /// The module of `file`, loaded into the current context.
  func module(_ file: KernelFile) throws(InputError) -> Handle {
    guard let source = Self.source(file.name), let header = Self.source(Self.header) else {
      preconditionFailure("\(file.name) is no file of kernels")
    }
    var options = ["--gpu-architecture=\(architecture)", "--std=c++17"]
    if let width = file.headWidth { options.append("-DHEAD_WIDTH=\(width)") }
    let key = SHA256.hexDigest(
      of: ([source, header, "\(version)"] + options).joined(separator: "\u{0}").utf8)
    let url = cache?.appendingPathComponent("\(key).cubin")

    if let url, let image = try? Data(contentsOf: url), let module = load([UInt8](image)) {
      return module
    }
    let image = try compile(file, source, header, options)
    guard let module = load(image) else {
      throw InputError(
        .failed, asked: "load the kernels of \(file.name)",
        found: "the driver does not take what NVRTC \(version / 1000) compiled for \(architecture)",
        hint: "update the NVIDIA driver, or name older CUDA libraries in TENBIN_CUDA_PATH")
    }
    // Without a folder to write to, it is compiled again next time.
    if let url { try? AtomicOutput.write(Data(image), to: url) }
    return module
  }

  private static let header = "device.cuh"

  private static func source(_ name: String) -> String? {
    tenbin_cuda_source(name).map { String(cString: $0) }
  }

  private func load(_ image: [UInt8]) -> Handle {
    var module: Handle = nil
    let code = image.withUnsafeBytes { bytes in
      bytes.baseAddress.map { api.module_load(&module, $0) } ?? 1
    }
    return code == 0 ? module : nil
  }

  private func compile(
    _ file: KernelFile, _ source: String, _ header: String, _ options: [String]
  ) throws(InputError) -> [UInt8] {
    var program: Handle = nil
    let created = withPointers([header, Self.header] + options) { strings in
      let headers = Array(strings[0..<1])
      let names = Array(strings[1..<2])
      var code = api.program_create(&program, source, file.name, 1, headers, names)
      if code == 0 {
        code = api.program_compile(program, Int32(options.count), Array(strings[2...]))
      }
      return code
    }
    defer { if program != nil { _ = api.program_destroy(&program) } }
    var size = 0
    if created == 0, api.cubin_size(program, &size) == 0, size > 0 {
      var image = [CChar](repeating: 0, count: size)
      if api.cubin(program, &image) == 0 { return image.map { UInt8(bitPattern: $0) } }
    }
    throw InputError(
      .failed, asked: "compile \(file.name) for \(architecture)",
      found: "NVRTC refused it (\(created)): \(log(of: program))",
      hint: "name the libraries of another CUDA version in TENBIN_CUDA_PATH")
  }

  private func log(of program: Handle) -> String {
    var size = 0
    guard program != nil, api.program_log_size(program, &size) == 0, size > 1 else {
      return "no log"
    }
    var log = [CChar](repeating: 0, count: size)
    _ = api.program_log(program, &log)
    return log.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
  }

  /// Calls `body` with C strings that live as long as it runs.
  private func withPointers<Result>(
    _ strings: [String], _ body: ([UnsafePointer<CChar>?]) -> Result
  ) -> Result {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return body(copies.map { $0.map { UnsafePointer($0) } })
  }
}
