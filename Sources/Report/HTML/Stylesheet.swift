/// The page's style. One colour-blind-safe palette with fixed meanings: GPTQ blue, round-to-nearest
/// orange, base grey, a packer's fault magenta.
enum Stylesheet {
  /// The whole stylesheet.
  static var text: String {
    let pale = ramp(ColorRamp.colors)
    let deep = ramp(ColorRamp.colors.reversed())
    let cells = (0..<ColorRamp.steps).map { ".h\($0){fill:var(--h\($0))}" }.joined()
    return """
      :root{\(light)\(pale)}
      @media (prefers-color-scheme:dark){:root:not([data-theme=light]){\(dark)\(deep)}}
      :root[data-theme=dark]{\(dark)\(deep)}
      \(cells)
      \(rules)
      """
  }

  private static func ramp(_ colors: [String]) -> String {
    colors.enumerated().map { "--h\($0.offset):\($0.element);" }.joined()
  }

  private static let light = """
    color-scheme:light;--paper:#fdfdfb;--card:#fff;--ink:#1b2127;--muted:#59636d;--grid:#e6e8ea;\
    --rule:#9aa3ab;--gptq:#0067ab;--rtn:#c2530a;--base:#6b747c;--fault:#a81c69;--wash:#f3f5f6;
    """
  private static let dark = """
    color-scheme:dark;--paper:#14181b;--card:#1a1f23;--ink:#e7eaec;--muted:#9ca7b0;--grid:#2a3137;\
    --rule:#66717a;--gptq:#5eb3f2;--rtn:#f0994a;--base:#939ea7;--fault:#f279b9;--wash:#20262b;
    """

  private static let rules = """
    *{box-sizing:border-box}
    html{-webkit-text-size-adjust:100%}
    body{margin:0;background:var(--paper);color:var(--ink);\
    font:16px/1.55 system-ui,-apple-system,"Segoe UI","Noto Sans JP","Hiragino Sans","Yu Gothic",\
    "Noto Sans CJK JP",sans-serif}
    main{max-width:1060px;margin:0 auto;padding:40px 24px 80px}
    h1{font-size:30px;line-height:1.2;margin:0 0 12px;letter-spacing:-.01em;overflow-wrap:anywhere}
    h2{font-size:20px;line-height:1.3;margin:0 0 6px;text-wrap:balance}
    section,figure{margin:48px 0 0;padding:0}
    figure h2{font-size:18px}
    p{margin:0 0 10px}
    .summary{font-size:17px;color:var(--muted);max-width:70ch;text-wrap:pretty}
    .reading{font-size:14px;color:var(--muted);max-width:86ch;text-wrap:pretty}
    .findings{list-style:none;margin:12px 0 0;padding:0;display:grid;gap:8px}
    .findings li{padding:9px 14px;background:var(--wash);border-left:4px solid var(--rule);\
    border-radius:3px;max-width:880px;overflow-wrap:anywhere;text-wrap:pretty;\
    font-variant-numeric:tabular-nums}
    .findings .result{border-color:var(--gptq)}
    .findings .note{font-size:14.5px;background:none;border-color:var(--grid)}
    .findings .warning{border-color:var(--fault)}
    .findings .warning::before{content:"⚠ ";color:var(--fault)}
    .legend{display:flex;flex-wrap:wrap;gap:4px 20px;font-size:13.5px;color:var(--muted);\
    margin:4px 0 8px;padding:0;list-style:none}
    .legend li{display:flex;align-items:center;gap:7px}
    .legend svg{width:22px;height:14px;flex:none}
    figure>svg,div.panel svg{display:block;width:100%;height:auto;overflow:visible}
    .narrow{display:none!important}
    @media (max-width:640px){.narrow{display:block!important}.wide{display:none!important}\
    #trials .scroll{max-width:100%}td.name{white-space:normal;min-width:118px}main{padding:24px 16px 56px}h1{font-size:25px}section,figure{margin-top:40px}}
    .data{font-size:13px;margin:6px 0 0}
    a{color:var(--gptq)}
    svg text{font-family:inherit;font-size:12px;fill:var(--ink);font-variant-numeric:tabular-nums}
    svg .tick,svg .axis{fill:var(--muted)}
    svg .panel{font-weight:600;font-size:13px}
    svg .grid{stroke:var(--grid);stroke-width:1}
    svg .rule{stroke:var(--rule);stroke-width:1}
    svg .leader{stroke:var(--rule);stroke-width:.75}
    .gptq,.key-gptq,.key-line-gptq,.key-dashed-gptq,.key-band-gptq{--c:var(--gptq)}
    .rtn,.key-rtn,.key-line-rtn{--c:var(--rtn)}
    .fault,.key-fault{--c:var(--fault)}
    .base,.key-base{--c:var(--base)}
    svg .label{fill:var(--c,var(--ink));paint-order:stroke;stroke:var(--paper);stroke-width:3px;\
    stroke-linejoin:round}
    svg .label.strong{font-weight:600}
    svg .line{fill:none;stroke:var(--c);stroke-width:2;stroke-linejoin:round}
    svg .line.rtn{stroke-width:1.5}
    svg .line.base{stroke-width:1.25}
    svg .dashed{stroke-dasharray:5 4}
    svg .band{fill:var(--c);opacity:.14}
    svg .front{fill:none;stroke:var(--gptq);stroke-width:1.5;opacity:.55}
    svg .dot{fill:var(--c)}
    svg .whisker{stroke:var(--c);stroke-width:1.25}
    svg .shape{fill:var(--c);fill-opacity:.4;stroke:var(--c);stroke-width:1}
    svg .strong .shape{fill-opacity:1;stroke:var(--paper)}
    svg .rtn .shape{fill:var(--paper);fill-opacity:1;stroke:var(--c);stroke-width:1.75}
    svg .mark:hover .shape{stroke:var(--ink);stroke-width:2}
    .hx{fill:url(#hatch)}
    .unseen,.cold{--c:var(--fault)}
    svg .cell{fill:var(--c)}
    .cell.cold,.cold .dot{opacity:.55}
    .cells:hover{opacity:.8}
    rect[class^=h]:hover{stroke:var(--ink);stroke-width:1.5}
    .panels{display:flex;flex-wrap:wrap;gap:18px 40px}
    div.panel{flex:1 1 100%;min-width:0}
    .few div.panel{flex:1 1 420px}
    .panel-head{display:flex;flex-wrap:wrap;align-items:baseline;gap:4px 14px;font-size:14px;\
    margin-bottom:6px}
    .panel-head select{font:inherit;font-weight:600;color:var(--ink);background:var(--wash);\
    border:1px solid var(--rule);border-radius:4px;padding:3px 6px;max-width:100%}
    .panel-head .worst{color:var(--muted);overflow-wrap:anywhere}
    .ramp{position:relative;max-width:420px;width:66%;margin:14px 0 6px;font-size:12px;color:var(--muted)}
    .ramp .steps{display:flex;height:12px}
    .ramp .steps i{flex:1}
    .ramp .name{position:absolute;left:calc(100% + 12px);top:-5px;white-space:nowrap}
    .ramp .ticks{position:relative;height:18px}
    .ramp .ticks span{position:absolute;transform:translateX(-50%);white-space:nowrap}
    .ramp .ticks span:first-child{transform:none}
    .scroll{overflow-x:auto;border:1px solid var(--grid);border-radius:4px;background:var(--card)}
    #trials .scroll{width:max-content;min-width:100%;max-width:min(1240px,100vw - 64px);\
    position:relative;left:50%;transform:translateX(-50%)}
    table{border-collapse:separate;border-spacing:0;font-size:13.5px;width:100%;font-variant-numeric:tabular-nums}
    th,td{padding:5px 9px;text-align:left;white-space:nowrap;border-bottom:1px solid var(--grid)}
    tr:last-child td{border-bottom:0}
    th{font-weight:600;white-space:normal;line-height:1.3;color:var(--muted);vertical-align:bottom;background:var(--wash)}
    th button{all:unset;cursor:pointer;font:inherit;color:inherit}
    th button:focus-visible,select:focus-visible{outline:2px solid var(--gptq);outline-offset:2px}
    th[aria-sort=ascending] button::after{content:" ▲"}
    th[aria-sort=descending] button::after{content:" ▼"}
    .num{text-align:right}
    td.name{font-weight:600;color:var(--c)}
    tbody tr:hover td{background:var(--wash)}
    th:first-child,td:first-child{position:sticky;left:0;background:var(--card)}
    th:first-child{background:var(--wash)}
    .dim{color:var(--muted);font-weight:400}
    .environment{display:grid;grid-template-columns:repeat(auto-fill,minmax(270px,1fr));\
    gap:10px 28px;margin:12px 0;font-size:14px}
    dt{color:var(--muted);font-size:12.5px}
    dd{margin:0;overflow-wrap:anywhere}
    pre{font:13px/1.5 ui-monospace,"SFMono-Regular",Menlo,monospace;background:var(--wash);\
    padding:14px;border-radius:4px;overflow-x:auto}
    summary{cursor:pointer;font-size:14px}
    @media print{@page{size:A4;margin:12mm 10mm}body{background:none}main{max-width:none;padding:0}\
    .data,.panel-head select{display:none}figure,li,tr{break-inside:avoid}\
    .scroll,#trials .scroll{overflow:visible;width:auto;min-width:0;max-width:none;left:0;transform:none}\
    table{font-size:7.5px}th,td{padding:2px 3px;white-space:normal;overflow-wrap:anywhere}\
    td.num{white-space:nowrap}th:first-child,td:first-child{position:static}\
    pre{white-space:pre-wrap;overflow-wrap:anywhere;max-height:none}}

    """
}
