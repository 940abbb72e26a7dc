import Basics
import CUDA
import Compute
import Foundation
import TestSupport
import Testing

@Suite("tenbin doctor")
struct DoctorTests {
  /// Tests of a machine without a GPU's driver say nothing on one that has it.
  private static var hasDriver: Bool { (try? CUDALibraries.load(environment: [:])) != nil }

  @Test("without a wish, a thread for each core that the process may use")
  func threads() throws {
    let process = try TenbinProcess(
      ["doctor", "--format", "csv"], in: Repository.root,
      limits: "unset OPENBLAS_NUM_THREADS OMP_NUM_THREADS")
    let usual = ThreadCount.decided(
      asked: nil, environment: [:], cores: ThreadCount.cores, quota: ControlGroup().processors)
    #expect(process.output.contains("kernels, \(usual) threads"), "\(process.output)")
    let one = try TenbinProcess(
      ["doctor", "--format", "csv", "--threads", "1"], in: Repository.root)
    #expect(one.output.contains("kernels, 1 threads"), "\(one.output)")
  }

  @Test("without a driver, a GPU is a row of the table", .enabled(if: !hasDriver))
  func noDriver() throws {
    let process = try TenbinProcess(["doctor", "--format", "csv"], in: Repository.root)
    #expect(process.status == 0)
    #expect(
      process.output.contains("cuda,no NVIDIA driver: libcuda.so.1 is not on this machine\n"))
  }

  @Test("without a driver, --device cuda is refused", .enabled(if: !hasDriver))
  func noDevice() throws {
    let process = try TenbinProcess(["doctor", "--device", "cuda:1"], in: Repository.root)
    #expect(process.status == 64)
    #expect(
      process.errors == """
        error: compute on a CUDA device
          found: no NVIDIA driver: libcuda.so.1 is not on this machine
          hint: use --device cpu, or a machine with an NVIDIA GPU and its driver

        """)
  }

  @Test("a device that is none is refused", arguments: ["gpu", "cuda:", "cuda:-1", "cuda:x"])
  func notADevice(name: String) throws {
    let process = try TenbinProcess(["doctor", "--device", name], in: Repository.root)
    #expect(process.status == 64)
    #expect(
      process.errors == """
        error: --device \(name)
          found: no such device
          hint: give cpu, cuda, cuda:N with the number of a GPU, or several as cuda:0,1

        """)
  }

  @Test(
    "on a machine with a GPU, every operation is the CPU's", .enabled(if: hasDriver, "no GPU here"))
  func device() throws {
    let process = try TenbinProcess(["doctor", "--device", "cuda"], in: Repository.root)
    #expect(process.status == 0, "\(process.errors)")
    #expect(process.output.contains("same bits twice"))
  }
}
