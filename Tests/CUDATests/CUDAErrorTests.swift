import Basics
import CCUDA
import CUDA
import Compute
import Foundation
import Tensor
import TestSupport
import Testing

@Suite("Errors of CUDA devices and their libraries, word for word", .serialized)
struct CUDAErrorTests {
  /// What starting a device says whose driver is the CPU's with a `change`.
  private func refusal(_ change: (inout tenbin_cuda_api) -> Void) -> InputError? {
    var api = hostFunctions()
    change(&api)
    return #expect(throws: InputError.self) { try CUDADevice(0, api: api, cache: nil) }
  }

  @Test("a driver that does not start, and a GPU that is too old")
  func devices() {
    #expect(
      refusal {
        $0.initialize = { _ in 100 }
        $0.error_string = { _, _ in 1 }
      }
        == InputError(
          .failed, asked: "start CUDA device 0", found: "the driver failed: error 100",
          hint: "see whether nvidia-smi shows the GPU and free memory, or use --device cpu"))
    #expect(
      refusal {
        $0.device_name = { name, _, _ in
          for (place, byte) in "GTX".utf8.enumerated() { name[place] = CChar(byte) }
          return 0
        }
        $0.device_attribute = { value, attribute, _ in
          value.pointee = attribute == 75 ? 7 : 5
          return 0
        }
      }
        == InputError(
          .usage, asked: "compute on CUDA device 0", found: "GTX, of compute capability 7.5",
          hint: "use a GPU of compute capability 8.0 (Ampere) or later, or --device cpu"))
  }

  @Test("a device that computes otherwise than the CPU")
  func differing() {
    let outcomes = [("gram", 1e-7), ("codes", 0.3), ("trace", .nan)].map {
      SelfCheck.Outcome(name: $0.0, error: $0.1, allowed: 1e-5)
    }
    #expect(
      throws: InputError(
        .failed, asked: "hold cuda:0 against the CPU",
        found: "these operations differ: codes, trace",
        hint: "update the NVIDIA driver and the CUDA libraries; until then use --device cpu")
    ) { try SelfCheck.verify(outcomes, device: "cuda:0") }
    #expect(throws: Never.self) { try SelfCheck.verify([outcomes[0]], device: "cuda:0") }
  }

  @Test("kernels that NVRTC does not compile, and that the driver does not load")
  func kernels() throws {
    func failure(_ change: (inout tenbin_cuda_api) -> Void) throws -> InputError? {
      var api = hostFunctions()
      api.device_attribute = { value, attribute, _ in
        value.pointee = attribute == 75 ? 9 : attribute == 76 ? 0 : 1
        return 0
      }
      change(&api)
      let engine = CUDAEngine(try CUDADevice(0, api: api, cache: nil))
      var matrix = engine.upload(Matrix<Float>(rows: 2, columns: 2))
      engine.scale(&matrix, by: 2)
      return engine.failure
    }
    #expect(
      try failure { $0.program_compile = { _, _, _ in 6 } }
        == InputError(
          .failed, asked: "compile elements.cu for sm_90", found: "NVRTC refused it (6): no log",
          hint: "name the libraries of another CUDA version in TENBIN_CUDA_PATH"))
    #expect(
      try failure { $0.module_load = { _, _ in 209 } }
        == InputError(
          .failed, asked: "load the kernels of elements.cu",
          found: "the driver does not take what NVRTC 13 compiled for sm_90",
          hint: "update the NVIDIA driver, or name older CUDA libraries in TENBIN_CUDA_PATH"))
  }

  /// Whether this machine can link a library and has none of NVIDIA's, which would be found instead.
  static let canMakeLibraries =
    FileManager.default.isExecutableFile(atPath: "/usr/bin/env")
    && ["libcuda.so.1", "libcublas.so.13", "libcublas.so.12"].allSatisfy { (name: String) in
      dlopen(name, RTLD_NOW) == nil
    } && !FileManager.default.fileExists(atPath: "/usr/local/cuda/lib64")

  @Test(
    "drivers without a version, too old, without libraries, and libraries without functions",
    .enabled(if: canMakeLibraries))
  func libraries() throws {
    let asked = "compute on a CUDA device"
    #expect(
      try load(nil, [])
        == InputError(
          .usage, asked: asked, found: "a libcuda.so.1 that does not tell its version",
          hint: "reinstall the NVIDIA driver, or use --device cpu"))
    #expect(
      try load(11_080, [])
        == InputError(
          .usage, asked: asked, found: "a driver for CUDA 11",
          hint: "update the NVIDIA driver to one for CUDA 12 or later"))
    #expect(
      try load(13_000, [])
        == InputError(
          .usage, asked: asked,
          found: "an NVIDIA driver, but no libcublas.so.13 or libcublas.so.12",
          hint:
            "install CUDA's libraries, or name the folder that has them in TENBIN_CUDA_PATH"))
    #expect(
      try load(13_000, ["libcublas.so.13", "libcusolver.so.12", "libnvrtc.so.13"])
        == InputError(
          .usage, asked: asked, found: "cuInit is in none of the CUDA libraries that were found",
          hint: "update the driver and the CUDA libraries, or name others in TENBIN_CUDA_PATH"))
  }

  /// What is said of a driver that calls itself `version`, beside empty `libraries`.
  private func load(_ version: Int?, _ libraries: [String]) throws -> InputError? {
    try withTemporaryDirectory { folder in
      let text = version.map { "int cuDriverGetVersion(int *v) { *v = \($0); return 0; }" } ?? ""
      for (name, text) in [("libcuda.so.1", text)] + libraries.map({ ($0, "") }) {
        let source = folder.appendingPathComponent("\(name).c")
        try Data("\(text)\nint tenbin_made;\n".utf8).write(to: source)
        let compiler = Process()
        compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        compiler.arguments = [
          "clang", "-shared", "-fPIC", "-o", folder.appendingPathComponent(name).path, source.path,
        ]
        try compiler.run()
        compiler.waitUntilExit()
        try #require(compiler.terminationStatus == 0)
      }
      return #expect(throws: InputError.self) {
        try CUDALibraries.load(environment: ["TENBIN_CUDA_PATH": folder.path])
      }
    }
  }
}
