// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "tenbin",
  products: [.executable(name: "tenbin", targets: ["tenbin"])],
  dependencies: [
    // Subcommands, help, completion scripts.
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    // Calibration sets and studies are SQLite files: migrations, transactions, typed rows.
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    // sweep.yaml.
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    // The sockets of `tenbin serve`: FlyingSocks.
    .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.1"),
    // The report's HTML skeleton.
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
  ],
  targets: [
    // MARK: C libraries of the system, and our own C kernels
    .systemLibrary(name: "CUtf8proc", providers: [.apt(["libutf8proc-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CBzip2", providers: [.apt(["libbz2-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CSnappy", providers: [.apt(["libsnappy-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    // OpenBLAS is opened by its name when it is needed, not linked; cblas.h is libopenblas-dev's.
    .target(name: "COpenBLAS", linkerSettings: [.linkedLibrary("dl")]),
    .target(name: "CKernels", cSettings: [.unsafeFlags(["-O3", "-ffp-contract=off"])]),

    // NVIDIA's libraries by dlopen, and the sources of the CUDA kernels, which it embeds.
    .target(name: "CCUDA"),

    // MARK: The floors, bottom up; a floor never names one above it
    .target(name: "Basics", dependencies: ["CCrypto"]),
    .target(
      name: "Codecs", dependencies: ["Basics", "CUtf8proc", "CZlib", "CBzip2", "CZstd", "CSnappy"]),
    .target(name: "Tensor", dependencies: ["Basics", "Codecs", "CKernels"]),
    .target(name: "Compute", dependencies: ["Basics", "Tensor", "COpenBLAS", "CKernels"]),
    .target(
      name: "CUDA", dependencies: ["Basics", "Tensor", "Compute", "CCUDA", "CKernels"],
      exclude: ["Kernels"]),
    .target(name: "Tokenizers", dependencies: ["Basics", "Codecs"]),
    .target(name: "Calib", dependencies: ["Basics", "Codecs", "Tokenizers"]),
    .target(
      name: "CalibStore",
      dependencies: ["Basics", "Calib", .product(name: "GRDB", package: "GRDB.swift")]),
    .target(
      name: "GPTQ", dependencies: ["Basics", "Codecs", "Tensor", "Compute", "Tokenizers"]),
    .target(name: "Model", dependencies: ["Basics", "Codecs", "Tensor", "Compute"]),
    .target(
      name: "Analysis",
      dependencies: [
        "Basics", "Codecs", "Tensor", "Compute", "Tokenizers", "Calib", "GPTQ", "Model",
      ]),
    .target(
      name: "Results",
      dependencies: ["Basics", "Codecs", "Calib", "GPTQ", "Model", "Analysis"]),
    .target(
      name: "Sweep",
      dependencies: [
        "Basics", "Codecs", "Tensor", "Compute", "Tokenizers", "Calib", "CalibStore", "GPTQ",
        "Model", "Analysis", "Results", .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "Yams", package: "Yams"),
      ]),
    .target(
      name: "Report",
      dependencies: [
        "Basics", "Codecs", "Calib", "GPTQ", "Model", "Analysis", "Results",
        .product(name: "Mustache", package: "swift-mustache"),
      ]),
    .target(
      name: "Serve",
      dependencies: [
        "Basics", "Results", "Sweep", "Report",
        .product(name: "FlyingSocks", package: "FlyingFox"),
      ]),
    .executableTarget(
      name: "tenbin",
      dependencies: [
        "Basics", "Codecs", "Tensor", "Compute", "CUDA", "Tokenizers", "Calib", "CalibStore",
        "GPTQ", "Model", "Analysis", "Results", "Sweep", "Report", "Serve",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    // MARK: Tests, one target a floor
    .target(name: "TestSupport", dependencies: ["Basics", "Tensor"], path: "Tests/TestSupport"),
    .testTarget(name: "BasicsTests", dependencies: ["Basics", "Codecs", "TestSupport"]),
    .testTarget(name: "TensorTests", dependencies: ["Basics", "Tensor", "TestSupport"]),
    .testTarget(
      name: "ComputeTests", dependencies: ["COpenBLAS", "Tensor", "Compute", "TestSupport"]),
    // The kernels compiled for the CPU, and a driver that runs them.
    .target(
      name: "CUDAHost", path: "Tests/CUDAHost",
      cxxSettings: [
        .headerSearchPath("."), .headerSearchPath("../../Sources/CCUDA/include"),
        .unsafeFlags(["-std=c++20", "-O2", "-ffp-contract=off"]),
      ]),
    .testTarget(
      name: "CUDATests",
      dependencies: ["Basics", "Tensor", "Compute", "CUDA", "CCUDA", "CUDAHost", "TestSupport"]),
    .testTarget(
      name: "TokenizersTests", dependencies: ["Basics", "Codecs", "Tokenizers", "TestSupport"],
      resources: [.copy("Fixtures")]),
    .testTarget(
      name: "CalibTests",
      dependencies: ["Basics", "Codecs", "Tokenizers", "Calib", "CalibStore", "TestSupport"],
      resources: [.copy("Fixtures")]),
    .testTarget(
      name: "GPTQTests",
      dependencies: ["Basics", "Codecs", "Tensor", "Compute", "GPTQ", "Model", "TestSupport"],
      exclude: ["make_golden.py", "make_gptqmodel_golden.py", "make_demo_tokens.py"],
      resources: [.copy("Fixtures")]),
    .testTarget(
      name: "ModelTests", dependencies: ["Basics", "Tensor", "Compute", "Model", "TestSupport"],
      exclude: ["make_golden.py", "make_golden_plamo3.py", "make_generate.py"],
      resources: [.copy("Fixtures")]),
    .testTarget(
      name: "AnalysisTests",
      dependencies: [
        "Basics", "Codecs", "Tensor", "Compute", "Tokenizers", "Calib", "GPTQ", "Model", "Analysis",
        "Report", "TestSupport",
      ],
      exclude: [
        "make_perplexity.py", "make_divergence.py", "make_tasks.py", "make_task_metrics.py",
        "make_next_tokens.py", "make_spectrum.py", "compare_generate.py", "llama_statistics.cpp",
      ],
      resources: [.copy("Fixtures")]),
    .testTarget(
      name: "SweepTests",
      dependencies: [
        "Basics", "Codecs", "Tensor", "Compute", "Tokenizers", "Calib", "CalibStore", "GPTQ",
        "Model", "Analysis", "Results", "Sweep", "Report", "TestSupport",
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      exclude: ["make_golden.py", "check_exports.py"],
      resources: [.copy("Fixtures")]),
    .testTarget(
      name: "ReportTests",
      dependencies: [
        "Basics", "Calib", "Compute", "GPTQ", "Analysis", "Results", "Report", "TestSupport",
      ],
      exclude: ["Snapshots"]),
    .testTarget(
      name: "ServeTests",
      dependencies: [
        "Basics", "Analysis", "GPTQ", "Results", "Sweep", "Report", "Serve", "TestSupport",
        .product(name: "FlyingSocks", package: "FlyingFox"),
      ]),
    .testTarget(
      name: "RemoteEngineTests",
      dependencies: [
        "Basics", "Tensor", "Compute", "GPTQ", "Model", "Analysis", "Results", "Sweep", "Report",
        "TestSupport",
      ]),
    .testTarget(
      name: "CommandTests",
      dependencies: [
        "tenbin", "Basics", "Tensor", "Compute", "CUDA", "GPTQ", "Analysis", "Results", "Sweep",
        "Report",
        "TestSupport",
        .product(name: "GRDB", package: "GRDB.swift"),
      ]),
  ],
  swiftLanguageModes: [.v6]
)
