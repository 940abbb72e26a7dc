extension PlantedCase {
  /// The first table of docs/diagnosis.md. Settings that differ besides the planted ones are decoys.
  static let first: [PlantedCase] = [
    .init(
      "Int8 through the BF16 packer, against Int4", suspect: int8 + packed, baseline: int4,
      [.packing]),
    .init(
      "BF16 packer at 8 bits on uneven inputs; decoy group size", .uneven,
      suspect: int8 + packed, baseline: int8 + "group_size: 128\n", [.packing]),
    .init(
      "BF16 packer at 8 bits; decoys damp and group timing",
      suspect: int8 + packed + "damp_percent: 0.02\ngroup_timing: fresh\n",
      baseline: int8 + "damp_percent: 0.01\n", [.packing]),
    .init(
      "Int8 packed exactly, against Int4: better", suspect: int8, baseline: int4, [.bits]),
    .init(
      "little damp without rescue on few windows",
      suspect: int4 + "damp_percent: 0.0001\nrescue: off\ncalibration_samples: 4\n",
      baseline: int4 + "damp_percent: 0.1\nrescue: off\ncalibration_samples: 4\n", [.damping]),
    .init(
      "little damp, no rescue, few windows of a narrow domain, harmless packer",
      suspect: int4 + packed
        + "damp_percent: 0.0001\nrescue: off\ncalibration: NARROW\ncalibration_samples: 8\n",
      baseline: int4, [.damping, .calibrationData]),
    .init(
      "little damp without rescue on uneven inputs", .uneven,
      suspect: int4 + "damp_percent: 0.0001\nrescue: off\ncalibration_samples: 4\n",
      baseline: int4 + "rescue: off\ncalibration_samples: 4\ndamp_percent: 0.1\n", [.damping]),
    .init(
      "3 bits; decoys packer and damp",
      suspect: int4 + packed + "bits: 3\ndamp_percent: 0.02\n", baseline: int4, [.bits]),
    .init(
      "one group a row at 3 bits; decoy desc_act timing",
      suspect: int4 + "bits: 3\ngroup_size: -1\ngroup_timing: fresh\n",
      baseline: int4 + "bits: 3\ngroup_size: 32\n", [.groupSize]),
    .init(
      "2 of 96 calibration windows at 3 bits; decoy scales_dtype",
      suspect: int4 + "bits: 3\ncalibration_samples: 2\nscales_dtype: bf16\n",
      baseline: int4 + "bits: 3\n", [.calibrationData]),
    .init(
      "a narrow calibration domain at 3 bits; decoy damp",
      suspect: int4 + "bits: 3\ncalibration: NARROW\ndamp_percent: 0.02\n",
      baseline: int4 + "bits: 3\n", [.calibrationData]),
    .init(
      "round to nearest at 3 bits; decoys order and seed",
      suspect: int4 + "bits: 3\nalgorithm: rtn\ndesc_act: false\nseed: 2\n",
      baseline: int4 + "bits: 3\nseed: 1\n", [.algorithm]),
    .init(
      "no activation order on uneven inputs at 3 bits", .uneven,
      suspect: int4 + "bits: 3\ngroup_size: -1\ndesc_act: false\nscales_dtype: bf16\n",
      baseline: int4 + "bits: 3\ngroup_size: -1\n", [.columnOrder]),
    .init(
      "float16 scales that underflow", .tiny,
      suspect: int8 + "scales_dtype: f16\ngroup_timing: fresh\n",
      baseline: int8 + "scales_dtype: f32\n", [.scalePrecision]),
    .init(
      "a pair: 3 bits and 2 windows", suspect: int4 + "bits: 3\ncalibration_samples: 2\n",
      baseline: int4, [.bits, .calibrationData]),
    .init(
      "a pair: BF16 packer at 8 bits and a narrow domain",
      suspect: int8 + packed + "calibration: NARROW\n", baseline: int8, [.packing]),
    .init(
      "nothing but the seed of 12 windows", suspect: int4 + "calibration_samples: 12\nseed: 1\n",
      baseline: int4 + "calibration_samples: 12\nseed: 2\n", []),
    .init(
      "nothing that matters: damp 0.01 and 0.012 at 8 bits",
      suspect: int8 + "damp_percent: 0.012\n", baseline: int8 + "damp_percent: 0.01\n", []),
  ]
}
