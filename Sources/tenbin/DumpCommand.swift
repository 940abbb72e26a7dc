import Analysis
import ArgumentParser
import Basics
import Calib
import CalibStore
import Compute
import Foundation
import GPTQ
import Model
import Tensor

/// `tenbin dump` (hidden): what the solver was given and what it made of it, for comparison with
/// other implementations on the identical Hessian (Tests/Interop/codes_table.py).
struct DumpCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dump",
    abstract: "Writes weight, Hessian and codes of single linears as safetensors.",
    discussion: """
      One file per linear of --layers: weight (out, in), hessian (in, in) = 2/T·XᵀX on the base
      model's inputs, codes (out, in), scales and zeros (out, groups), g_idx (in).

      Example:
        tenbin dump MODEL_DIR --calibration set.sqlite --layers 0,3 --bits 4 \\
          --rescue off --scales-dtype f32 --output DIR
      """,
    shouldDisplay: false)

  @Argument(help: "The model's Hugging Face folder.", completion: .directory)
  var model: String

  @Option(help: "A calibration set (.sqlite), or a .jsonl to build one from with the defaults.")
  var calibration: String

  @Option(help: "Layers, counted from 0, such as 0,3,5.")
  var layers: String

  @OptionGroup var settings: QuantizeOptions

  @Option(help: "The folder to write to.", completion: .directory)
  var output: String

  @OptionGroup var replace: ReplaceOption

  @OptionGroup var compute: ComputeOptions

  func run() throws {
    let engine = try compute.engine()
    var files = replace.files(reading: [try HubCache().model(model).path, calibration])
    let config = try settings.config().quantize
    let directory = try HubCache().model(model)
    let decoder = try Decoder(directory: directory, engine: engine)
    let wanted = layers.split(separator: ",").compactMap { Int($0) }
    guard let last = wanted.max(), wanted.allSatisfy((0..<decoder.config.layers).contains) else {
      throw ValidationError("--layers \(layers): the model has 0 to \(decoder.config.layers - 1)")
    }
    var targets: [String: URL] = [:]
    for (layer, linear) in decoder.config.linears where wanted.contains(layer) {
      let name = linear.name.tensorPrefix(layer: layer)
      targets[name] = try files.output("\(output)/\(name).safetensors", .tensors)
    }
    let windows = try CalibrationSet.load(
      from: URL(fileURLWithPath: calibration), modelDirectory: directory
    ).windows
    var states = try decoder.embed(windows)
    try decoder.walk(through: last, positions: windows.longest) {
      (layer, stage) throws(InputError) in
      if wanted.contains(layer.index) {
        try dump(stage, of: layer, states, config, to: targets)
      }
      layer.advance(&states, through: stage)
    }
  }

  private func dump(
    _ stage: Stage, of layer: DecoderLayer, _ states: HiddenStates, _ config: QuantizeConfig,
    to targets: [String: URL]
  ) throws(InputError) {
    let engine = layer.engine
    for (group, gathered) in zip(stage.groups, layer.hessians(of: stage, in: states)) {
      let hessian = engine.download(gathered.hessian())
      var config = config
      if gathered.tokens == 0 {
        // An expert that no token was sent to: H is 0, and would take the weights with it.
        config.algorithm = .rtn
        Terminal.say(
          "note: no token reached \(group.linears[0].name.rawValue) of layer \(layer.index): rounded to nearest"
        )
      }
      for linear in group.linears {
        let weight = engine.download(layer.weight(linear.name))
        let solved = try GPTQSolver(engine: engine).quantize(
          weight: weight, hessian: hessian, config: config)
        let name = linear.name.tensorPrefix(layer: layer.index)
        if let target = targets[name] {
          try AtomicOutput.replace(target) { try write(solved.linear, weight, hessian, to: $0) }
        }
        Terminal.say("\(name): \(solved.path.rawValue), relative error \(solved.error.relative)")
      }
    }
  }

  private func write(
    _ linear: QuantizedLinear, _ weight: Matrix<Float>, _ hessian: Matrix<Float>, to url: URL
  ) throws(InputError) {
    let tensors: [(name: String, type: StorageType, shape: [Int], bytes: [UInt8])] = [
      matrix("weight", weight), matrix("hessian", hessian),
      matrix("scales", linear.grids.scales), matrix("zeros", linear.grids.zeros),
      matrix("codes", linear.codes.map { Int32($0) }),
      ("g_idx", .i32, [linear.groupIndex.count], linear.groupIndex.littleEndianBytes),
    ]
    var writer = try SafetensorsWriter(
      url, entries: tensors.map { .init(name: $0.name, type: $0.type, shape: $0.shape) })
    for tensor in tensors { try writer.append(tensor.bytes) }
    try writer.finish()
  }

  private func matrix(
    _ name: String, _ matrix: Matrix<Float>
  ) -> (String, StorageType, [Int], [UInt8]) {
    (name, .f32, [matrix.rows, matrix.columns], FloatFormat.f32.encode(matrix.elements))
  }

  private func matrix(
    _ name: String, _ matrix: Matrix<Int32>
  ) -> (String, StorageType, [Int], [UInt8]) {
    (name, .i32, [matrix.rows, matrix.columns], matrix.elements.littleEndianBytes)
  }
}
