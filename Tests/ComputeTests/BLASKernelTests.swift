import COpenBLAS
import Testing

@Suite("Which of OpenBLAS's kernels are taken")
struct BLASKernelTests {
  @Test(
    "kernels of an old processor are exchanged where the processor has more than they use",
    arguments: [
      ("Prescott", true, true, "SkylakeX"), ("Prescott", true, false, "Haswell"),
      ("Nehalem", true, true, "SkylakeX"), ("Sandybridge", true, false, "Haswell"),
      // An old processor, and kernels that OpenBLAS has chosen for a young one.
      ("Prescott", false, false, nil), ("Haswell", true, true, nil), ("Zen", true, false, nil),
      ("SkylakeX", true, true, nil), ("Cooperlake", true, true, nil),
      ("SapphireRapids", true, true, nil),
    ] as [(String, Bool, Bool, String?)])
  func exchanged(chosen: String, avx2: Bool, avx512: Bool, better: String?) {
    #expect(tenbin_blas_better_kernels(chosen, avx2, avx512).map { String(cString: $0) } == better)
  }
}
