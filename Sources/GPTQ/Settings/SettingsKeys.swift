import Codecs
import Foundation

/// Whose keys are whose in a file of settings.
extension StatedSettings {
  /// Keys that mark settings as those of a published checkpoint, not of a sweep.
  private static let marks: Set<String> = [
    "quantization_config", "quant_method", "checkpoint_format", "pack_dtype", "true_sequential",
    "model_file_base_name", "model_name_or_path", "packing_format", "meta",
  ]

  /// Keys of published settings that change no code: they are another name of a setting, which is read
  /// here, or tell a loader where and how to run.
  public static let passedOver: Set<String> = marks.union([
    "method", "format", "is_marlin_format",
    // Read here under these names.
    "wbits", "w_bit", "q_group_size", "groupsize", "actorder", "act_order", "percdamp", "gptaq",
    "layer_bits", "mlp_wbits", "mlp_groupsize", "quantization_bits", "extra_config",
    // Data and machines.
    "dataset", "tokenizer", "batch_size", "block_name_to_quantize", "pad_token_id", "model_seqlen",
    "module_name_preceding_first_block", "cache_block_outputs", "max_input_length", "backend",
    "provider", "uri", "quantizer", "pack_impl", "hyb_act", "adapter", "rotation",
    "mixed_precision",
    "damp_auto_increment", "gptaq_alpha", "mock_quantization", "offload_to_disk", "device",
    "parallel_packing", "auto_forward_data_parallel", "gc_mode", "hessian", "failsafe", "fallback",
    // Kernels.
    "use_cuda_fp16", "use_exllama", "disable_exllama", "exllama_config", "use_exllama_v2",
    "use_triton", "inject_fused_attention", "inject_fused_mlp", "kernel_switch_threshold",
  ])

  /// Whether `object` is the settings of a published checkpoint, or a config.json with them.
  public static func arePublished(_ object: JSONValue) -> Bool {
    let keys = (object.members ?? []).map(\.key)
    return !marks.isDisjoint(with: keys) || SettingsDialect.foreignName(object) != nil
  }
}

extension QuantizeConfig {
  /// Takes over what `solver` says of how codes were chosen.
  public mutating func apply(_ solver: StatedSettings.SolverSettings) {
    dampPercent = solver.dampPercent ?? dampPercent
    staticGroups = solver.staticGroups ?? staticGroups
    // Writers name it where another order, or a single group, leaves it without effect.
    if let aware = solver.actGroupAware { actGroupAware = aware && !descAct && groupSize > 0 }
    if solver.isGPTAQ == true { algorithm = .gptaq }
  }
}
