import GRDB

extension Study {
  /// The versions of the schema, oldest first; a study of an older tenbin is brought up to date.
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1") { try $0.execute(sql: version1) }
    migrator.registerMigration("2: rescue_reason") { database in
      try database.execute(sql: "ALTER TABLE modules ADD COLUMN rescue_reason TEXT")
    }
    migrator.registerMigration("3: roles, draws") { try $0.execute(sql: version3) }
    migrator.registerMigration("4: window scores, hashes of codes") { database in
      try database.execute(
        sql: """
          ALTER TABLE evaluations ADD COLUMN documents INTEGER;
          ALTER TABLE evaluations ADD COLUMN windows TEXT;
          ALTER TABLE modules ADD COLUMN codes_hash TEXT;
          """)
    }
    migrator.registerMigration("5: hidden_errors") { try $0.execute(sql: version5) }
    migrator.registerMigration("6: experts") { database in
      try database.execute(
        sql: """
          ALTER TABLE modules ADD COLUMN expert_tokens INTEGER;
          ALTER TABLE modules ADD COLUMN expert_share REAL;
          ALTER TABLE modules ADD COLUMN hessian_tokens INTEGER;
          ALTER TABLE modules ADD COLUMN in_features INTEGER;
          ALTER TABLE modules ADD COLUMN routing_drift REAL;
          ALTER TABLE hidden_errors ADD COLUMN routing_drift REAL;
          """)
    }
    migrator.registerMigration("7: losses and what they are to be expected to be") { database in
      try database.execute(
        sql: """
          ALTER TABLE modules ADD COLUMN loss REAL;
          ALTER TABLE modules ADD COLUMN expected_loss REAL;
          """)
    }
    migrator.registerMigration("8: allocations") { database in
      try database.execute(
        sql: """
          CREATE TABLE sensitivities (
            config TEXT NOT NULL, text TEXT NOT NULL, layer INTEGER NOT NULL, part TEXT NOT NULL,
            divergence REAL, divergence_stderr REAL, error REAL,
            PRIMARY KEY (config, text, layer, part));
          CREATE TABLE allocations (
            id INTEGER PRIMARY KEY CHECK (id = 1), allocation TEXT NOT NULL);
          """)
    }
    migrator.registerMigration("9: statistics of divergence") { database in
      try database.execute(sql: "ALTER TABLE evaluations ADD COLUMN divergence TEXT")
    }
    migrator.registerMigration("10: accuracy") { database in
      try database.execute(
        sql: """
          ALTER TABLE evaluations ADD COLUMN accuracy REAL;
          ALTER TABLE evaluations ADD COLUMN accuracy_stderr REAL;
          """)
    }
    migrator.registerMigration("11: progress") { database in
      try database.execute(
        sql: """
          CREATE TABLE progress (
            id INTEGER PRIMARY KEY CHECK (id = 1), progress TEXT NOT NULL);
          """)
    }
    migrator.registerMigration("next_tokens") { try $0.execute(sql: nextTokens) }
    migrator.registerMigration("spectra, weight_errors") {
      try $0.execute(sql: spectraAndWeightErrors)
    }
    migrator.registerMigration("times") { database in
      try database.execute(
        sql: """
          CREATE TABLE times (
            attempt INTEGER NOT NULL, kind TEXT NOT NULL, number INTEGER NOT NULL,
            what TEXT NOT NULL, began REAL NOT NULL, ended REAL NOT NULL,
            PRIMARY KEY (attempt, kind, number));
          """)
    }
    return migrator
  }

  /// What a trial, or the base, lets follow each prompt, as JSON.
  private static let nextTokens = """
    CREATE TABLE next_tokens (
      trial INTEGER NOT NULL, prompt INTEGER NOT NULL, result TEXT NOT NULL,
      PRIMARY KEY (trial, prompt));
    """

  private static let version1 = """
    CREATE TABLE study (id INTEGER PRIMARY KEY CHECK (id = 1), environment TEXT NOT NULL);
    CREATE TABLE trials (
      number INTEGER PRIMARY KEY, algorithm TEXT NOT NULL, bits INTEGER NOT NULL,
      group_size INTEGER NOT NULL, damp_percent REAL NOT NULL, desc_act INTEGER NOT NULL,
      static_groups INTEGER NOT NULL, sym INTEGER NOT NULL, scales_dtype TEXT NOT NULL,
      group_timing TEXT NOT NULL, rescue TEXT NOT NULL, propagation TEXT NOT NULL,
      packer TEXT NOT NULL, config TEXT NOT NULL UNIQUE, state TEXT NOT NULL,
      companion INTEGER, bits_per_weight REAL NOT NULL, size_bytes INTEGER NOT NULL,
      wall_seconds REAL NOT NULL);
    CREATE TABLE modules (
      trial INTEGER NOT NULL, layer INTEGER NOT NULL, module TEXT NOT NULL,
      relative_error_calibration REAL, relative_error_heldout REAL,
      rtn_relative_error_calibration REAL, rtn_relative_error_heldout REAL,
      hidden_error REAL, sqnr_db REAL, weight_relative_norm REAL, clip_rate REAL,
      packer_changed_codes REAL, dead_columns INTEGER, damp_percent_used REAL,
      solver_path TEXT NOT NULL, solve_seconds REAL,
      PRIMARY KEY (trial, layer, module));
    CREATE TABLE evaluations (
      trial INTEGER NOT NULL, position INTEGER NOT NULL, domain TEXT NOT NULL,
      tokens_scored INTEGER NOT NULL, perplexity REAL, perplexity_stderr REAL,
      nll_per_token REAL, nll_stderr REAL, nll_delta REAL, nll_delta_stderr REAL,
      bits_per_character REAL, kld_mean REAL, kld_stderr REAL, kld_median REAL,
      kld_p99 REAL, same_top_p REAL, same_top_p_stderr REAL, delta_p_rms REAL,
      PRIMARY KEY (trial, domain));
    CREATE VIEW v_trials AS
      SELECT t.*, e.domain, e.perplexity, e.perplexity_stderr, e.kld_mean, e.kld_stderr
      FROM trials t LEFT JOIN evaluations e ON e.trial = t.number AND e.position = 0;
    CREATE VIEW v_layers AS
      SELECT t.algorithm, t.bits, t.group_size, t.damp_percent, t.desc_act, t.propagation,
        t.packer, m.*
      FROM modules m JOIN trials t ON t.number = m.trial;
    """

  /// Why a trial is there, its round and its calibration draw: the same settings on another draw
  /// are another trial.
  private static let version3 = """
    DROP VIEW v_trials;
    DROP VIEW v_layers;
    ALTER TABLE trials RENAME TO trials_1;
    CREATE TABLE trials (
      number INTEGER PRIMARY KEY, role TEXT NOT NULL, round INTEGER NOT NULL,
      draw INTEGER NOT NULL, algorithm TEXT NOT NULL, bits INTEGER NOT NULL,
      group_size INTEGER NOT NULL, damp_percent REAL NOT NULL, desc_act INTEGER NOT NULL,
      static_groups INTEGER NOT NULL, sym INTEGER NOT NULL, scales_dtype TEXT NOT NULL,
      group_timing TEXT NOT NULL, rescue TEXT NOT NULL, propagation TEXT NOT NULL,
      packer TEXT NOT NULL, config TEXT NOT NULL, state TEXT NOT NULL,
      companion INTEGER, bits_per_weight REAL NOT NULL, size_bytes INTEGER NOT NULL,
      wall_seconds REAL NOT NULL, calibrate_seconds REAL NOT NULL,
      factorise_seconds REAL NOT NULL, columns_seconds REAL NOT NULL,
      evaluate_seconds REAL NOT NULL, UNIQUE (config, draw));
    INSERT INTO trials
      SELECT number,
        CASE WHEN algorithm = 'rtn' AND number IN (SELECT companion FROM trials_1)
          THEN 'companion' ELSE 'search' END,
        0, 0, algorithm, bits, group_size, damp_percent, desc_act, static_groups, sym,
        scales_dtype, group_timing, rescue, propagation, packer, config, state, companion,
        bits_per_weight, size_bytes, wall_seconds, 0, 0, 0, 0
      FROM trials_1;
    DROP TABLE trials_1;
    CREATE TABLE draws (
      draw INTEGER PRIMARY KEY, method TEXT NOT NULL, seed INTEGER NOT NULL, hash TEXT NOT NULL,
      samples INTEGER NOT NULL, tokens INTEGER NOT NULL);
    CREATE VIEW v_trials AS
      SELECT t.*, e.domain, e.perplexity, e.perplexity_stderr, e.nll_delta, e.nll_delta_stderr,
        e.kld_mean, e.kld_stderr
      FROM trials t LEFT JOIN evaluations e ON e.trial = t.number AND e.position = 0;
    CREATE VIEW v_layers AS
      SELECT t.role, t.draw, t.algorithm, t.bits, t.group_size, t.damp_percent, t.desc_act,
        t.propagation, t.packer, m.*
      FROM modules m JOIN trials t ON t.number = m.trial;
    """

  /// The error of the stream after each layer, those that quantize nothing too: a row of `modules`
  /// cannot hold it there.
  private static let version5 = """
    CREATE TABLE hidden_errors (
      trial INTEGER NOT NULL, layer INTEGER NOT NULL, hidden_error REAL,
      PRIMARY KEY (trial, layer));
    INSERT INTO hidden_errors
      SELECT trial, layer, max(hidden_error) FROM modules GROUP BY trial, layer;
    """
}
